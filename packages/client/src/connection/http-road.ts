import { backoff, type Clock, type Random } from '@tidemark/core';
import { httpBatchLink, httpSubscriptionLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { fetchEventSource, type RestartableSource } from './fetch-event-source.ts';
import type { Identity } from './identity.ts';
import type { OperationLink } from './roads.ts';

export interface HttpFallbackOptions {
  /** `https://`: where the same router answers over HTTP. */
  readonly url: string;
  /** WebSocket attempts in a row that came to nothing before HTTP is taken. Default 3. */
  readonly after?: number;
  /** What `createContext` reads the identity from. Default: `{ authorization: 'Bearer ' + token }`. */
  readonly headers?: (token: string) => Record<string, string>;
  /** Wait before WebSocket is tried again while HTTP carries, doubling, jittered, in ms. Default: 10,000 to 300,000. */
  readonly probe?: { readonly base: number; readonly cap: number };
  /** Default: the platform's. It must give response bodies as streams, which React Native's own does not. */
  readonly fetch?: typeof fetch;
}

/** What `createConnection` takes as its `fallback`. */
export interface HttpFallback {
  readonly after: number;
  readonly probe: { readonly base: number; readonly cap: number };
  /** For one session of a connection. */
  open(ports: HttpRoadPorts): HttpRoad;
}

type LinkOptions = Parameters<typeof httpBatchLink<AnyTRPCRouter>>[0];

export interface HttpRoad {
  readonly call: OperationLink;
  /** Whether the last request got through, or a stream is open. */
  readonly isUp: boolean;
  /** Streams begin anew from where they are: with another token, or when the network went away. */
  restart(): void;
}

export interface HttpRoadPorts {
  readonly transformer: LinkOptions['transformer'];
  readonly sendsToken: boolean;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: { readonly base: number; readonly cap: number };
  readonly ended: AbortSignal;
  /** Resolves when there is a network; rejects when the connection ends first. */
  readonly network: () => Promise<void>;
  readonly changed: () => void;
}

const UNAUTHENTICATED = 401;
/** At most so much of a URL; longer batches go in several requests. Proxies that block WebSocket are not generous. */
const MAX_URL = 2_000;

/** HTTP and Server-Sent Events for networks that block WebSocket: `createConnection({ url, fallback: httpFallback({ url }) })`. */
export function httpFallback(options: HttpFallbackOptions): HttpFallback {
  return {
    after: options.after ?? 3,
    probe: options.probe ?? { base: 10_000, cap: 300_000 },
    open: (ports) => createHttpRoad(options, ports),
  };
}

/**
 * Calls in batches over HTTP and subscriptions as Server-Sent Events, through the stock links. A 401 is what close code
 * 4401 is on a socket: one fresh token, the request again, and the end when that is refused too.
 */
function createHttpRoad(options: HttpFallbackOptions, ports: HttpRoadPorts): HttpRoad {
  const { identity, clock, random, ended, changed } = ports;
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
        response = await doFetch(url, { ...init, headers });
      } catch (error) {
        if (!init.signal?.aborted) tell(false);
        throw error;
      }
      if (response.status !== UNAUTHENTICATED) {
        const isOurs = response.status < 500 && /json|event-stream/.test(response.headers.get('content-type') ?? '');
        if (isOurs) identity.accepted();
        tell(isOurs);
        return response;
      }
      identity.refused(seen);
      if (repeated || ended.aborted) return response;
      await response.body?.cancel();
    }
  }

  function tell(got: boolean): void {
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

  return {
    call: (operation) => (operation.op.type === 'subscription' ? subscriptions : calls)(operation),
    get isUp() {
      return answered || [...sources].some((source) => source.isOpen);
    },
    restart: () => {
      answered = false;
      for (const source of [...sources]) source.restart();
    },
  };
}
