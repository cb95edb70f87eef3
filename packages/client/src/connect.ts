import { type JsonValue, systemClock } from '@tidemark/core';
import { createTRPCClient } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { checkOption } from './check-options.ts';
import type { ConnectedClientOf } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { ConnectionOptions } from './connection/connection-options.ts';
import { createConnection } from './connection/create-connection.ts';
import { createClient } from './create-client.ts';
import type { MessagingName, MessagingOf } from './messaging-trpc.ts';
import { whenLive } from './when-live.ts';

/** All options of `createConnection` and `createClient`; `backoff`, `clock` and `random` are for both. */
export interface ConnectOptions<
  Router extends AnyTRPCRouter,
  Name extends MessagingName<Router> = MessagingName<Router>,
  S extends JsonValue = never,
  R extends JsonValue = never,
> extends ConnectionOptions,
    Omit<ClientOptions<MessagingOf<Router, Name>, S, R>, 'trpc' | 'connection'> {
  /** Under which key of the application's router the messaging is. */
  readonly router: Name;
  /** `false`: nothing is opened before `start()`, as `useChatClient` needs it. Default true. */
  readonly start?: boolean;
}

/**
 * A client with a connection of its own, started: `connect<AppRouter>({ url, token, router: 'chat', userId, contentTypes })`.
 *
 * `Name` has to be said where a router has messaging under several keys; `S` and `R`, the source of an attachment and what
 * comes of its upload, where there are `attachments`. Throws `invalid_input` with the field for an option that breaks its rule.
 */
export function connect<
  Router extends AnyTRPCRouter,
  Name extends MessagingName<Router> = MessagingName<Router>,
  S extends JsonValue = never,
  R extends JsonValue = never,
>(options: ConnectOptions<Router, Name, S, R>): ConnectedClientOf<MessagingOf<Router, Name>, S> {
  const { router, clock = systemClock } = options;
  checkOption(typeof router === 'string' && router !== '', 'router', 'must be the key of the messaging in the router');
  const connection = createConnection(options);
  const trpc = createTRPCClient<AnyTRPCRouter>({ links: [connection.link] }) as unknown as Record<
    Name,
    MessagingOf<Router, Name>
  >;
  const client = createClient<MessagingOf<Router, Name>, S, R>({ ...options, trpc: trpc[router], connection });
  const closed = new AbortController();

  /** The connection goes after the client, which may have something to say over it. */
  async function end(endClient: () => Promise<void>): Promise<void> {
    closed.abort();
    try {
      await endClient();
    } finally {
      await connection.close();
    }
  }

  if (options.start ?? true) client.start();
  return {
    ...client,
    live: (liveOptions) => whenLive(client.connection, clock, closed.signal, liveOptions),
    close: () => end(client.close),
    erase: () => end(client.erase),
  };
}
