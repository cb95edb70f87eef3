import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Limits, parseErrorText } from '@tidemark/core';
import type { AnyTRPCRouter, inferRouterContext, TRPCError } from '@trpc/server';
import { type CreateWSSContextFnOptions, getWSConnectionHandler, jsonEncoder } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import { ATTACHED_SOCKET } from './procedure-maker.ts';

/** Codes with which a connection is closed; clients decide by them. */
export const CLOSE_CODES = {
  /** createContext refused the identity: renew the token, or stop. */
  unauthenticated: 4401,
  /** createContext failed otherwise, or never had its parameters: try again later. */
  contextFailed: 4500,
  /** This process is going away: connect again, it will be to another. */
  goingAway: 1012,
} as const;

const PING_EVERY = 25_000;
/** ms in which a client that announced connection parameters has to send them: until then nobody knows who it is. */
const PARAMETERS_WITHIN = 10_000;

export interface AttachOptions<Router extends AnyTRPCRouter> {
  /** The application's router, with messaging's procedures in it. */
  readonly router: Router;
  /**
   * The application's own context, from the upgrade request or `info.connectionParams`. To refuse the connection throw
   * a TRPCError UNAUTHORIZED: the socket is closed with 4401, and clients renew their token instead of trying for ever.
   */
  readonly createContext: (
    options: CreateWSSContextFnOptions,
  ) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;
  /** Path of the WebSocket endpoint. Default `/trpc`. Upgrades to other paths are left alone. */
  readonly path?: string | undefined;
  /** Origins of pages that may connect, such as `https://app.example.com`. Default: any; identity comes from createContext. */
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly onError?: ((failure: { error: TRPCError; path: string | undefined }) => void) | undefined;
}

export interface Attachment {
  /** Sockets connected now. */
  readonly connections: number;
  /** Stops accepting, and closes every socket with 1012. */
  close(): Promise<void>;
}

/**
 * Serves the router over WebSocket on the application's HTTP server. Frames are bounded, silent peers are dropped, and
 * feeds write to the sockets themselves. Stage 1 and 7.
 */
export function attachTo<Router extends AnyTRPCRouter>(
  server: Server,
  options: AttachOptions<Router>,
  ports: {
    limits: Limits;
    /** Stands between tRPC's handler and a socket, so that feeds may write to it themselves. */
    wrap: (socket: WebSocket, tcp: Duplex, router: AnyTRPCRouter) => AttachedSocket;
  },
): Attachment {
  const { router, createContext, path = '/trpc', allowedOrigins, onError } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: ports.limits.frameBytes });
  const peers = new WeakMap<WebSocket, Peer>();
  const handshakes = new Map<AttachedSocket, Handshake>();

  const connect = getWSConnectionHandler<AnyTRPCRouter>({
    wss: sockets,
    router,
    createContext: async (contextOptions) => {
      const socket = contextOptions.res as unknown as AttachedSocket;
      const { req } = endHandshake(socket) ?? contextOptions;
      try {
        const context: unknown = await createContext({ ...contextOptions, req });
        return withSocket(context, socket);
      } catch (error) {
        socket.close(
          isUnauthenticated(error) ? CLOSE_CODES.unauthenticated : CLOSE_CODES.contextFailed,
          'context refused',
        );
        throw error;
      }
    },
    // Responses reach AttachedSocket.send as objects, which is where a feed's token is recognised.
    experimental_encoder: { encode: (message) => message as string, decode: (data) => jsonEncoder.decode(data) },
    ...(onError && { onError: ({ error, path: procedure }) => onError({ error, path: procedure }) }),
  });

  const onUpgrade = (request: IncomingMessage, tcp: Duplex, head: Buffer): void => {
    if (pathOf(request) !== path) {
      // With another listener the upgrade may be its own; without one nobody would ever answer.
      if (server.listenerCount('upgrade') === 1) refuse(tcp, '404 Not Found');
      return;
    }
    const { origin } = request.headers;
    if (allowedOrigins && origin !== undefined && !allowedOrigins.includes(origin)) {
      refuse(tcp, '403 Forbidden');
      return;
    }
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      const attached = peerOf(socket, tcp);
      const late = setTimeout(() => {
        attached.close(CLOSE_CODES.contextFailed, `no connection parameters within ${PARAMETERS_WITHIN} ms`);
      }, PARAMETERS_WITHIN).unref();
      handshakes.set(attached, { req: request, late });
      connect(attached as unknown as WebSocket, requestLine(request));
    });
  };

  /** Apart from the request: what its listeners can see lives as long as the socket. */
  function peerOf(socket: WebSocket, tcp: Duplex): AttachedSocket {
    const attached = ports.wrap(socket, tcp, router);
    const peer: Peer = { attached, tcp, answered: true };
    peers.set(socket, peer);
    socket.on('pong', () => {
      peer.answered = true;
    });
    socket.once('close', () => endHandshake(attached));
    return attached;
  }

  function endHandshake(socket: AttachedSocket): Handshake | undefined {
    const handshake = handshakes.get(socket);
    clearTimeout(handshake?.late);
    handshakes.delete(socket);
    return handshake;
  }

  const pings = setInterval(() => {
    for (const socket of sockets.clients) {
      const peer = peers.get(socket);
      if (!peer) continue;
      const { bytesRead } = peer.tcp;
      // Whoever sends is there: its answer may stand behind what it sent before, and nothing may be read just now.
      if (!peer.answered && bytesRead === peer.bytesRead && !socket.isPaused) {
        socket.terminate();
        continue;
      }
      peer.answered = false;
      peer.bytesRead = bytesRead;
      socket.ping();
    }
  }, PING_EVERY);
  pings.unref();
  server.on('upgrade', onUpgrade);

  return {
    get connections() {
      return sockets.clients.size;
    },
    async close() {
      clearInterval(pings);
      server.off('upgrade', onUpgrade);
      for (const socket of sockets.clients)
        peers.get(socket)?.attached.close(CLOSE_CODES.goingAway, 'server is going away');
      const gone = new Promise<void>((resolve) => sockets.close(() => resolve()));
      // A peer that does not answer the closing handshake is not waited for.
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, 1_000);
      await gone;
      clearTimeout(cut);
    },
  };
}

/** Of a socket that no context was made for yet. */
interface Handshake {
  readonly req: IncomingMessage;
  readonly late: NodeJS.Timeout;
}

/** The other end of a socket. */
interface Peer {
  readonly attached: AttachedSocket;
  readonly tcp: Duplex & { readonly bytesRead?: number };
  /** It has answered the last ping. */
  answered: boolean;
  /** When the last ping was sent. */
  bytesRead?: number | undefined;
}

/** A copy, since the application may hand the same context to every connection. Own properties survive middlewares. */
function withSocket(context: unknown, socket: AttachedSocket): object {
  const copy: object =
    typeof context === 'object' && context !== null
      ? Object.create(Object.getPrototypeOf(context), Object.getOwnPropertyDescriptors(context))
      : {};
  return Object.defineProperty(copy, ATTACHED_SOCKET, { value: socket, enumerable: true });
}

function isUnauthenticated(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('code' in error && error.code === 'UNAUTHORIZED') return true;
  return error instanceof Error && parseErrorText(error.message)?.code === 'unauthenticated';
}

/**
 * What tRPC's handler reads of the upgrade request. It would keep the whole of it as long as the socket, some kilobytes of
 * headers, and throw at a Host that is none, where nobody could catch it.
 */
function requestLine({ url }: IncomingMessage): IncomingMessage {
  return { url, headers: {} } as IncomingMessage;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] as string;
}

/** Node's own listener is gone after an upgrade: without one, a connection that is reset would end the process. */
function refuse(tcp: Duplex, status: string): void {
  tcp.on('error', () => tcp.destroy());
  tcp.once('finish', () => tcp.destroy());
  tcp.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
