import { backoff, type Clock, type Random } from '@tidemark/core';
import { httpBatchLink, httpSubscriptionLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { within } from '../within.ts';
import { fetchEventSource, type RestartableSource } from './fetch-event-source.ts';
import type { Identity } from './identity.ts';
import type { OperationLink } from './socket-transport.ts';
import { createTransports, type Transports } from './transports.ts';

export interface HttpFallbackOptions {
  /** `https://`: where the same router answers over HTTP. */
  readonly url: string;
  /** WebSocket attempts in a row that came to nothing before HTTP is taken. Default 3. */
  readonly after?: number;
  /** What `createContext` reads the identity from. Default: `{ authorization: 'Bearer ' + token }`. */
  readonly headers?: (token: string) => Record<string, string>;
  /** Wait before WebSocket is tried again while HTTP carries, doubling, jittered, in ms. Default: 10,000 to 300,000. */
  readonly probe?: { readonly baseMs: number; readonly capMs: number };
  /** A request without an answer by then has failed, in ms; a stream that was answered lasts. Default 30,000. */
  readonly timeoutMs?: number;
  /** Default: the platform's. It must give response bodies as streams, which React Native's own does not. */
  readonly fetch?: typeof fetch;
}

/** What `createConnection` takes as its `fallback`. */
export interface HttpFallback {
  /** For one session of a connection. */
  open(ports: HttpTransportOptions): HttpTransport;
}

type LinkOptions = Parameters<typeof httpBatchLink<AnyTRPCRouter>>[0];

export interface HttpTransport {
  /** HTTP beside the socket. */
  readonly transports: Transports;
  /** A socket is gone; HTTP is taken after several in a row that brought nothing. */
  socketClosed(heardNothing: boolean): void;
  /** How long to wait before the next socket, while HTTP carries. */
  probeWait(attempt: number): number | undefined;
  /** Whether the last request got through, or a stream is open. */
  readonly isUp: boolean;
  /** Streams begin anew from where they are: with another token, or when the network went away. */
  restart(): void;
}

export interface HttpTransportOptions {
  readonly socket: OperationLink;
  readonly transformer: LinkOptions['transformer'];
  readonly sendsToken: boolean;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  readonly ended: AbortSignal;
  /** Resolves when the page is not frozen; rejects when the connection ends first. */
  readonly network: () => Promise<void>;
  readonly changed: () => void;
}

const UNAUTHENTICATED = 401;
/** At most so much of a URL; longer batches go in several requests. Proxies that block WebSocket are not generous. */
const MAX_URL = 2_000;

/** HTTP and Server-Sent Events for networks that block WebSocket: `createConnection({ url, fallback: httpFallback({ url }) })`. */
export function httpFallback(options: HttpFallbackOptions): HttpFallback {
  return { open: (ports) => createHttpTransport(options, ports) };
}

/**
 * Calls in batches over HTTP and subscriptions as Server-Sent Events, through the stock links. A 401 is what close code
 * 4401 is on a socket: one fresh token, the request again, and the end when that is refused too.
 */
function createHttpTransport(options: HttpFallbackOptions, ports: HttpTransportOptions): HttpTransport {
  const { identity, clock, random, ended, changed } = ports;
  const { after = 3, probe = { baseMs: 10_000, capMs: 300_000 } } = options;
  /** Sockets in a row that closed without a word: refused, or swallowed on the way. */
  let silent = 0;
  const headersOf = options.headers ?? ((token: string) => ({ authorization: `Bearer ${token}` }));
  const doFetch: typeof fetch = options.fetch ?? ((...request) => fetch(...request));
  const sources = new Set<RestartableSource>();
  let answered = false;

  async function request(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    for (let repeated = false; ; repeated = true) {
      await ports.network();
      const seen = identity.refusals;
      const token = await identity.token();
      const headers = { ...(init.headers as Record<string, string>), ...(ports.sendsToken && headersOf(token)) };
      let response: Response;
      try {
        const ask = (): Promise<Response> => doFetch(url, { ...init, headers });
        response = await within(options.timeoutMs ?? 30_000, 'fallback.timeoutMs', ask, clock, init.signal ?? ended);
      } catch (error) {
        if (!init.signal?.aborted) report(false);
        throw error;
      }
      // A network with a sign-in page of its own answers anything, with any status.
      const isOurs = response.status < 500 && /json|event-stream/.test(response.headers.get('content-type') ?? '');
      if (!isOurs || response.status !== UNAUTHENTICATED) {
        if (isOurs && response.ok) identity.accepted();
        report(isOurs);
        return response;
      }
      identity.refused({ reason: 'unauthenticated', detail: 'the server refused the identity with 401' }, seen);
      if (repeated || ended.aborted) return response;
      await response.body?.cancel();
    }
  }

  function report(got: boolean): void {
    answered = got;
    changed();
  }

  const EventSource = fetchEventSource({
    request,
    wait: (failures, signal) => clock.sleep(backoff(failures, { ...ports.backoff, random }), signal),
    sources,
    changed,
  });
  const { transformer } = ports;
  const calls = httpBatchLink<AnyTRPCRouter>({
    url: options.url,
    transformer,
    fetch: request as NonNullable<LinkOptions['fetch']>,
    maxURLLength: MAX_URL,
  } as LinkOptions)({});
  const subscriptions = httpSubscriptionLink<AnyTRPCRouter, typeof globalThis.EventSource>({
    url: options.url,
    transformer,
    EventSource: EventSource as unknown as typeof globalThis.EventSource,
  } as unknown as Parameters<typeof httpSubscriptionLink<AnyTRPCRouter, typeof globalThis.EventSource>>[0])({});

  const transports = createTransports({
    socket: ports.socket,
    http: (operation) => (operation.op.type === 'subscription' ? subscriptions : calls)(operation),
  });
  const isUp = (): boolean => answered || [...sources].some((source) => source.isOpen);

  return {
    transports,
    socketClosed: (heardNothing) => {
      silent = heardNothing ? silent + 1 : 0;
      if (silent >= after) transports.take('http');
    },
    probeWait: (attempt) => {
      if (transports.taken === 'socket' || !isUp()) return undefined;
      return backoff(Math.max(attempt - after, 0), { ...probe, random });
    },
    get isUp() {
      return isUp();
    },
    restart: () => {
      answered = false;
      for (const source of [...sources]) source.restart();
    },
  };
}
