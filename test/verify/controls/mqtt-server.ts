/**
 * A broker of the MQTT control: aedes with its sessions, subscriptions and waiting messages in Redis, one of several that
 * reach each other through Redis.
 */
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { answerCalls, tellReady } from '@tidemark/testkit/verify';
import { Aedes, type AedesOptions } from 'aedes';
import persistenceRedis from 'aedes-persistence-redis';
import mqemitterRedis from 'mqemitter-redis';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { serverSettings } from './control.ts';

const { name, port, redis } = serverSettings();
const { hostname, port: redisPort } = new URL(redis);
const address = { host: hostname, port: Number(redisPort), retryStrategy: () => 100 };

// Each connects with the ioredis it came with.
const mq = mqemitterRedis(address) as NonNullable<AedesOptions['mq']> & { readonly state: EventEmitter };
// Of a Redis that is down.
mq.state.on('error', () => {});
const broker = await Aedes.createBroker({ id: name, mq, persistence: persistenceRedis(address) });
for (const event of ['clientError', 'connectionError'] as const) broker.on(event, () => {});

const http = createServer();
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', (socket, request) => {
  const stream = createWebSocketStream(socket);
  // Of a client that was cut off.
  stream.on('error', () => {});
  broker.handle(stream, request);
});

answerCalls({});
process.once('SIGTERM', () => process.exit());
http.listen(port, '127.0.0.1', tellReady);
