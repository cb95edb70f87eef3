import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import type { MessagingTrpc } from '../../src/index.ts';
import { appRouter } from './fake-router.ts';

export interface SocketServer extends AsyncDisposable {
  readonly url: string;
  /** The token each connection came with, in order. */
  readonly tokens: (string | null)[];
  /** Whether a token is let in; others are closed with 4401. */
  accepts: (token: string | null) => boolean;
  /** Closes every socket without a handshake. */
  drop(): void;
  /** Closes every socket with a code. */
  close(code: number): void;
  /** The sockets of this moment hear and say nothing more, as when the device slept and the network forgot them. */
  mute(): void;
  /** Sockets that were ever opened. */
  readonly opened: number;
  readonly sockets: number;
}

/** The fake router over a real WebSocket, as the stock tRPC adapter serves it. */
export async function socketServer(
  portFor: (token: string | null) => MessagingTrpc,
  options: { maxPayload?: number } = {},
): Promise<SocketServer> {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  const tokens: (string | null)[] = [];
  let opened = 0;
  wss.on('connection', () => {
    opened += 1;
  });
  const handler = applyWSSHandler({
    wss,
    router: appRouter,
    createContext: ({ info, res }) => {
      const token = info.connectionParams?.token ?? null;
      tokens.push(token);
      if (!server.accepts(token)) {
        res.close(4401, 'unauthenticated');
        throw new Error('unauthenticated: the token was refused');
      }
      return { port: portFor(token) };
    },
  });
  await once(wss, 'listening');
  const server: SocketServer = {
    url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
    tokens,
    accepts: () => true,
    drop: () => {
      for (const socket of wss.clients) socket.terminate();
    },
    close: (code) => {
      for (const socket of wss.clients) socket.close(code);
    },
    mute: () => {
      for (const socket of wss.clients) {
        socket.pause();
        socket.send = () => undefined;
      }
    },
    get opened() {
      return opened;
    },
    get sockets() {
      return wss.clients.size;
    },
    [Symbol.asyncDispose]: async () => {
      handler.broadcastReconnectNotification();
      server.drop();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
  return server;
}
