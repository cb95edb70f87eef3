/**
 * A server of the Socket.IO control: broadcasts through the Redis Streams adapter, with connection state recovery, as
 * https://socket.io/docs/v4/connection-state-recovery shows them; it acknowledges what it has handed on.
 */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { answerCalls, tellReady } from '@tidemark/testkit/verify';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { type ControlMessage, serverSettings } from './control.ts';

const { port, redis: url } = serverSettings();
const redis = new Redis(url, { retryStrategy: () => 100 });
redis.on('error', () => {});
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(redis, { blockTimeInMs: 1_000 }),
  connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
  transports: ['websocket'],
});

io.on('connection', async (socket) => {
  socket.on('send', (message: ControlMessage, acknowledge: () => void) => {
    io.to(message.conversationId).emit('message', message);
    acknowledge();
  });
  if (!socket.recovered) await socket.join(socket.handshake.auth['conversationIds'] as string[]);
  socket.emit('joined');
});

answerCalls({});
process.once('SIGTERM', () => process.exit());
http.listen(port, '127.0.0.1', tellReady);
