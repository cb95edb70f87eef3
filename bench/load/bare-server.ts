/** A bare `ws` server whose connections say who they are and are then idle: the floor for memory per connection. */
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerCalls, programSettings } from '../frame/answer-calls.ts';
import { memoryHeld } from './memory-held.ts';
import type { MeasuredServerSettings } from './start-measured.ts';

const { port } = programSettings<MeasuredServerSettings>();
const users = new Map<string, WebSocket>();
const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    const { user } = JSON.parse(data.toString()) as { user: string };
    users.set(user, socket);
    socket.on('close', () => users.delete(user));
    socket.send('{"type":"live"}');
  });
});
await new Promise<void>((resolve) => server.listen({ port, host: '127.0.0.1', backlog: 4_096 }, resolve));
answerCalls({ memory: memoryHeld, connections: () => sockets.clients.size });
