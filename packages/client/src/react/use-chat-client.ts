import { TidemarkError } from '@tidemark/core';
import { type DependencyList, useEffect, useMemo, useRef, useState } from 'react';

/** What `useChatClient` starts and closes: a client of `createClient`, and the connection it was created with. */
export interface ChatSession<C extends Startable> {
  readonly client: C;
  /** Closed after the client. */
  readonly connection?: { close(): Promise<void> };
}

/** The part of a client that its life needs. */
export interface Startable {
  start(): void;
  close(): Promise<void>;
}

/** Timers of sessions whose component was unmounted, until they close or the component is mounted again. */
const closings = new WeakMap<Startable, ReturnType<typeof setTimeout>>();

/**
 * A client that lives as long as the component: started when the component is mounted, closed with its connection when it
 * is unmounted, and created anew when one of `deps` changes. An effect that React cleans up and runs again at once, as
 * StrictMode does, keeps the client; one that runs again later, as in `<Activity>`, gets a new one. `create` may be called
 * for a render that React discards, so it must not start anything: `connect({ …, start: false })`.
 */
export function useChatClient<C extends Startable>(create: () => C, deps: DependencyList): C;
/** The same, of a client of `createClient` and its connection. */
export function useChatClient<C extends Startable>(create: () => ChatSession<C>, deps: DependencyList): C;
export function useChatClient(create: () => Startable | ChatSession<Startable>, deps: DependencyList): Startable {
  const [generation, setGeneration] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `create` is a new function at every render; `deps` says when to call it.
  const session = useMemo(() => sessionOf(create()), [generation, ...deps]);
  const refused = useRef<Startable | null>(null);

  useEffect(() => {
    const { client, connection } = session;
    clearTimeout(closings.get(client));
    try {
      client.start();
    } catch (error) {
      // Closed while this was hidden, or by the application. A second refusal of the same client is the application's fault.
      if (!(error instanceof TidemarkError && error.code === 'closing') || refused.current === client) throw error;
      refused.current = client;
      setGeneration((current) => current + 1);
      return;
    }
    return () => {
      closings.set(
        client,
        setTimeout(() => void client.close().then(() => connection?.close()), 0),
      );
    };
  }, [session]);

  return session.client;
}

/** An object of its own, since the effect runs for each. */
function sessionOf(created: Startable | ChatSession<Startable>): ChatSession<Startable> {
  return 'client' in created ? { ...created } : { client: created };
}
