import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyTRPCRouter } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocket, WebSocketServer } from 'ws';

/** A stock tRPC server over WebSocket, and a bare socket to it that keeps the texts it receives. */
export async function openRawSocket(router: AnyTRPCRouter) {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  applyWSSHandler({ wss: sockets, router, createContext: () => ({}) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const texts: string[] = [];
  socket.on('message', (data) => texts.push(data.toString()));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    texts,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      sockets.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
