import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';

/** What a client sends, and gets an answer to. */
export interface Sent {
  readonly to: string;
  readonly clientMessageId: string;
  readonly text: string;
}

/**
 * A Socket.IO server as its documentation has it for several processes: rooms, the Redis Streams adapter, connection state
 * recovery. A user's room bears the user's name.
 * Servers with the same stream are one deployment.
 */
export async function serveSocketIo(
  { port, redis, streamName }: { readonly port: number; readonly redis: string; readonly streamName: string },
  onSend: (io: Server, from: string, sent: Sent) => Promise<object> | object,
): Promise<void> {
  const http = createServer();
  const io = new Server(http, {
    adapter: createAdapter(new Redis(redis), { streamName, channelPrefix: streamName }),
    connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
    transports: ['websocket'],
  });
  io.on('connection', async (socket: Socket) => {
    const user = String(socket.handshake.auth['user']);
    socket.on('send', async (sent: Sent, acknowledge: (receipt: object) => void) => {
      acknowledge(await onSend(io, user, sent));
    });
    socket.on('group', (name: string, members: string[], acknowledge: () => void) => {
      io.in(members).socketsJoin(name);
      acknowledge();
    });
    await socket.join(user);
    socket.emit('joined');
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
}
