/** aedes, an MQTT broker in Node, with sessions and waiting messages in Redis; several would reach each other through it. */
import { Aedes } from 'aedes';
import persistenceRedis from 'aedes-persistence-redis';
import mqemitterRedis from 'mqemitter-redis';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { answerCalls, programSettings } from '../../frame/answer-calls.ts';
import type { ServerProgramSettings } from '../system.ts';

const { port, redis } = programSettings<ServerProgramSettings>();
if (redis === null) throw new Error('the broker needs Redis');
const { hostname, port: redisPort } = new URL(redis);
const address = { host: hostname, port: Number(redisPort) };

const broker = await Aedes.createBroker({
  id: 'bench',
  mq: mqemitterRedis(address),
  persistence: persistenceRedis(address),
});
broker.on('clientError', (_, error) => console.error(error));
const sockets = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false });
sockets.on('connection', (socket, request) => {
  const stream = createWebSocketStream(socket);
  // Of a client that goes without a word.
  stream.on('error', () => {});
  broker.handle(stream, request);
});
sockets.once('listening', () => answerCalls({}));
