import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Limits, TidemarkError } from '@tidemark/core';
import {
  type AnyTRPCRouter,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type inferRouterContext,
  type TRPCError,
} from '@trpc/server';
import { type CreateWSSContextFnOptions, getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LimitEvents } from '../limit-events.ts';
import { ATTACHED_SOCKET } from '../router/procedure-maker.ts';
import { toTRPCError } from '../router/trpc-error.ts';
import { type AttachedSocket, takeHandedOn } from '../subscription/attached-socket.ts';
import type { Admission } from './admission.ts';
import type { RareInputType } from './annotations.ts';
import { CLOSE_CODES } from './close-codes.ts';
import { FrameReader, type ReadingRules } from './frame-reader.ts';
import { guardTransformer } from './guard-transformer.ts';
import { Handshake, type HandshakeRules, type OpenedSocket } from './handshake.ts';
import { isOriginAllowed } from './origin.ts';
import { Pings } from './pings.ts';
import type { ReadBudget } from './read-budget.ts';

/** ms a closing handshake may take, whoever began it: then the socket is cut. The option is younger than the types of `ws`. */
const CLOSING_MS = 1_000;
const CLOSING: object = { closeTimeout: CLOSING_MS };
const CONTEXT_TIMEOUT_MS = 10_000;

export interface AttachOptions<Router extends AnyTRPCRouter> {
  /** The application's router, with messaging's procedures in it. */
  readonly router: Router;
  /**
   * The application's own context, from the upgrade request or `info.connectionParams`. To refuse the connection throw
   * a TRPCError UNAUTHORIZED: the socket is closed with 4401, and clients renew their token instead of trying for ever.
   * Nothing that the client sends is read before it resolves.
   */
  readonly createContext: (
    options: CreateWSSContextFnOptions,
  ) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;
  /** ms from the upgrade until the context has to be known, parameters included; then 4500. Default 10,000. */
  readonly contextTimeoutMs?: number | undefined;
  /** Path of the WebSocket endpoint. Default `/trpc`. Upgrades to other paths are left alone. */
  readonly path?: string | undefined;
  /**
   * Origins of pages that may connect besides those of the host that is asked, such as `https://app.example.com`; `'*'` for
   * any, which is safe only where identity does not come from a cookie. Default none. A client without Origin may connect.
   */
  readonly allowedOrigins?: readonly string[] | '*' | undefined;
  /**
   * The client's address, which `limits.socketsPerAddress` counts. Default: the peer's of the connection. Behind a proxy
   * take it from the header that the proxy sets, and only where every connection comes through it.
   */
  readonly addressOf?: ((request: IncomingMessage) => string | undefined) | undefined;
  /** Kinds of values that inputs may hold beyond undefined, numbers, dates, URLs, bigints, sets and maps. Default none. */
  readonly allowedInputs?: readonly RareInputType[] | undefined;
  readonly onError?: ((failure: { error: TRPCError; path: string | undefined }) => void) | undefined;
}

/** What is called of an HTTP server: those of Node have it, and so have the frameworks' server types. */
export interface UpgradeServer {
  on(event: 'upgrade', listener: UpgradeListener): unknown;
  off(event: 'upgrade', listener: UpgradeListener): unknown;
  listenerCount(event: 'upgrade'): number;
}

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Attachment {
  /** Sockets connected now. */
  readonly connections: number;
  /** Bytes that wait to be written to each of them. */
  bufferedBytes(): readonly number[];
  /**
   * Takes a socket of the `ws` package that somebody else has upgraded, such as a route of `@fastify/websocket`, through the same
   * gate: `(socket, request) => attachment.accept(socket, request.raw)`. Call it in the turn in which the socket was opened, before
   * anything of it is read. `path` is not looked at. What is refused (origin, caps) is closed with 4403 or 1013. Frames above
   * `limits.frameBytes` close with 1009, once they have come: give the same number as `maxPayload` to whoever upgrades.
   */
  accept(socket: WebSocket, request: IncomingMessage): void;
  /** For whoever routes upgrades by itself, such as crossws' `fromNodeUpgradeHandler`: upgrades this request, whatever its path. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Stops accepting, and closes every socket with 1012. */
  close(): Promise<void>;
}

/**
 * Serves the router over WebSocket on the application's HTTP server: the gate in front of tRPC. An upgrade is checked
 * (path, origin, caps), a socket's context is made before anything else of it is read, frames are bounded, silent peers are
 * dropped, and feeds write to the sockets themselves. Stage 1 and 7.
 */
export function attachTo<Router extends AnyTRPCRouter>(
  server: UpgradeServer | null,
  options: AttachOptions<Router>,
  ports: {
    limits: Limits;
    limitEvents: LimitEvents;
    admission: Admission;
    budget: ReadBudget;
    /** Stands between tRPC's handler and a socket, so that feeds may write to it themselves. */
    wrap: (socket: WebSocket, tcp: Duplex, router: AnyTRPCRouter) => AttachedSocket;
    /** Says on the console what nobody else would. */
    warn: (sentence: string) => void;
  },
): Attachment {
  const { router, createContext, path = '/trpc', allowedOrigins = [], onError } = options;
  const { addressOf = (request) => request.socket.remoteAddress } = options;
  const { limits, admission } = ports;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    // A pong waits with all else that is written, and counts like it.
    autoPong: false,
    ...CLOSING,
  });
  const pings = new Pings();
  const attachedSockets = new Map<AttachedSocket, WebSocket>();
  let isClosed = false;
  /** Between the handshake and tRPC's handler, which asks for it at once. */
  const contexts = new WeakMap<object, object>();

  const report = (error: unknown): void => {
    try {
      onError?.({ error: getTRPCErrorFromUnknown(error), path: undefined });
    } catch {
      // What the application's listener throws must not end a socket's listener, and with it the process.
    }
  };
  const reached = (limit: string, { userId, address }: AttachedSocket): void =>
    ports.limitEvents.reached(limit, userId === undefined ? { address } : { userId });
  const { _config: config } = router._def;
  const transformer = guardTransformer(config.transformer, { limits, allow: options.allowedInputs });

  const reading: ReadingRules = {
    limits,
    budget: ports.budget,
    build: (raw): unknown => transformer.input.deserialize(raw),
    errorText(error) {
      const call = { type: 'unknown', path: undefined, input: undefined, ctx: undefined } as const;
      const shape = getTRPCErrorShape({ config, error: toTRPCError(error), ...call });
      return JSON.stringify(config.transformer.output.serialize(shape));
    },
    refused: (error, socket) => {
      const known = toTRPCError(error);
      if (known.cause instanceof TidemarkError && known.cause.limit) reached(known.cause.limit, socket);
      report(known);
    },
    reached,
  };

  const handler = getWSConnectionHandler<AnyTRPCRouter>({
    wss: sockets,
    // Inputs are built before tRPC sees a call, each by itself.
    router: withBuiltInputs(router),
    createContext: ({ res }) => contexts.get(res) as object,
    // Calls come parsed; responses reach AttachedSocket.send as objects, which is where a feed's token is recognised.
    experimental_encoder: { encode: (message) => message as string, decode: takeHandedOn },
    ...(onError && { onError: ({ error, path: procedure }) => onError({ error, path: procedure }) }),
  });

  const handshake: HandshakeRules = {
    createContext: createContext as HandshakeRules['createContext'],
    contextTimeoutMs: parseTimeout(options.contextTimeoutMs),
    parametersBytes: limits.parametersBytes,
    identified(socket, context) {
      contexts.set(socket, withSocket(context, socket));
      handler(socket as unknown as WebSocket, NO_REQUEST);
      contexts.delete(socket);
    },
    failed: report,
    reached,
  };

  const onUpgrade: UpgradeListener = (request, tcp, head) => {
    if (pathOf(request) !== path) {
      // With another listener the upgrade may be its own; without one nobody would ever answer.
      if (server?.listenerCount('upgrade') === 1) refuse(tcp, '404 Not Found');
      return;
    }
    // After all other listeners: two answers to one upgrade would be no answer.
    process.nextTick(() => {
      if (isAnswered(tcp)) warnOfOthers();
      else upgrade(request, tcp, head);
    });
  };

  let isWarned = false;
  function warnOfOthers(): void {
    if (isWarned) return;
    isWarned = true;
    ports.warn(
      `another listener answers the upgrades to ${path} first, so that no client can connect there: with a framework that upgrades ` +
        'by itself, such as @fastify/websocket, take attach(null, …) and hand its sockets to accept(socket, request) of the attachment',
    );
  }

  function upgrade(request: IncomingMessage, tcp: Duplex, head: Buffer): void {
    if (!isOriginAllowed(request, allowedOrigins)) {
      refuse(tcp, '403 Forbidden');
      return;
    }
    const address = addressOf(request);
    const refusal = admission.refusal(address);
    if (refusal !== undefined) {
      refuse(tcp, refusal);
      return;
    }
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      new Handshake(open(socket, tcp, address), request, handshake);
    });
  }

  function accept(socket: WebSocket, request: IncomingMessage): void {
    const address = addressOf(request);
    if (isClosed) socket.close(CLOSE_CODES.goingAway, 'server is going away');
    else if (!isOriginAllowed(request, allowedOrigins)) socket.close(CLOSE_CODES.originRefused, 'origin refused');
    else if (admission.refusal(address) !== undefined) socket.close(CLOSE_CODES.tooMany, 'too many sockets');
    else {
      const opened = open(socket, request.socket, address);
      const tooLarge = (data: { readonly length: number }): void => {
        if (data.length <= limits.frameBytes) return;
        reached('limits.frameBytes', opened.attached);
        opened.attached.close(CLOSE_CODES.tooLarge, `at most ${limits.frameBytes} bytes (limits.frameBytes)`);
      };
      // Before the reader's own listener. Of the buffers that `ws` gives.
      socket.prependListener('message', (data) => tooLarge(data as Buffer));
      // Whoever upgraded it may give the closing handshake more time.
      opened.attached.once('close', () => {
        const late = setTimeout(() => socket.terminate(), CLOSING_MS).unref();
        socket.once('close', () => clearTimeout(late));
      });
      new Handshake(opened, request, handshake);
      return;
    }
    socket.on('error', () => socket.terminate());
  }

  /** Apart from the request: what its listeners can see lives as long as the socket. */
  function open(socket: WebSocket, tcp: Duplex, address: string | undefined): OpenedSocket {
    const attached = ports.wrap(socket, tcp, router);
    const reader = new FrameReader({ socket, tcp, attached }, reading);
    const slot = admission.enter(address);
    attachedSockets.set(attached, socket);
    pings.watch(socket, tcp);
    socket.once('close', () => {
      attachedSockets.delete(attached);
      slot.leave();
    });
    return { attached, reader, slot };
  }

  server?.on('upgrade', onUpgrade);

  return {
    get connections() {
      return attachedSockets.size;
    },
    bufferedBytes: () => Array.from(attachedSockets.keys(), (socket) => socket.bufferedBytes),
    accept,
    upgrade,
    async close() {
      isClosed = true;
      pings.stop();
      server?.off('upgrade', onUpgrade);
      const ended = [...attachedSockets.values()].map((socket) => once(socket, 'close'));
      for (const socket of attachedSockets.keys()) socket.close(CLOSE_CODES.goingAway, 'server is going away');
      // A peer that does not answer the closing handshake is cut, see CLOSING_MS.
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      await Promise.all(ended);
    },
  };
}

/**
 * What tRPC's handler reads of the upgrade request. It would keep the whole of it as long as the socket, some kilobytes of
 * headers, throw at a Host that is none, where nobody could catch it, and wait for parameters, which have come by then.
 */
const NO_REQUEST = { url: '/', headers: {} } as IncomingMessage;

/** The same router, for calls whose inputs are built already. */
function withBuiltInputs(router: AnyTRPCRouter): AnyTRPCRouter {
  const { _config: config } = router._def;
  const input = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };
  const transformer = { input, output: config.transformer.output };
  return { ...router, _def: { ...router._def, _config: { ...config, transformer } } } as AnyTRPCRouter;
}

/** A copy, since the application may hand the same context to every connection. Own properties survive middlewares. */
function withSocket(context: unknown, socket: AttachedSocket): object {
  const copy: object =
    typeof context === 'object' && context !== null
      ? Object.create(Object.getPrototypeOf(context), Object.getOwnPropertyDescriptors(context))
      : {};
  return Object.defineProperty(copy, ATTACHED_SOCKET, { value: socket, enumerable: true });
}

function parseTimeout(ms = CONTEXT_TIMEOUT_MS): number {
  if (Number.isFinite(ms) && ms >= 1 && ms <= 3_600_000) return ms;
  throw new TidemarkError('invalid_input', 'must be 1 to 3,600,000 ms', { field: 'contextTimeoutMs' });
}

/** Another listener has taken the upgrade for a request, or for its own, or has ended it. */
function isAnswered(tcp: Duplex & { readonly _httpMessage?: unknown }): boolean {
  // What Node's own ServerResponse notes on the socket that it writes to, and ws on one that it has upgraded.
  const isUpgraded = Object.getOwnPropertySymbols(tcp).some((key) => key.description === 'websocket');
  return tcp.destroyed || tcp.writableEnded || Boolean(tcp._httpMessage) || isUpgraded;
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
