import { type Clock, type ContentMap, systemClock } from '@tidemark/core';
import type { ManualClock } from '@tidemark/testkit/application';
import { PATIENCE_MS } from '../../../../test/support/patience.ts';
import type { ClientEvents } from '../../src/client-events.ts';
import {
  type Client,
  type ClientOptions,
  createClient,
  type LocalStore,
  type MessagingTrpc,
  memoryLocalStore,
} from '../../src/index.ts';
import type { ModelServer } from './model-server.ts';

export interface TestClient extends AsyncDisposable {
  readonly client: Client<ContentMap, ContentMap>;
  readonly store: LocalStore;
  /** Everything emitted, in order. */
  readonly log: { type: keyof ClientEvents; event: unknown }[];
  seen<K extends keyof ClientEvents>(type: K): ClientEvents[K][];
  /** Texts of a conversation as shown, with the status of those not stored: `hello`, `later (pending)`. */
  shown(conversationId: string): string[];
}

/** All that a client emits. */
export const CLIENT_EVENTS = [
  'entry',
  'message',
  'applied',
  'reset',
  'live',
  'gap',
  'queued',
  'sent',
  'failed',
  'retrying',
  'connection',
  'role',
  'store',
  'saved',
  'erased',
] as const satisfies readonly (keyof ClientEvents)[];

/** A client of the model server with short waits; closed, with its timers counted, when the test ends. */
export function testClient(
  server: ModelServer,
  userId: string,
  options: Partial<ClientOptions<MessagingTrpc>> = {},
): TestClient {
  const store = options.store ?? memoryLocalStore();
  const client = createClient<MessagingTrpc>({
    trpc: server.port(userId),
    userId,
    contentTypes: ['text', 'order'],
    backoff: { baseMs: 2, capMs: 20 },
    warnings: false,
    ...options,
    store,
  });
  const log: TestClient['log'] = [];
  for (const type of CLIENT_EVENTS) client.on(type, (event) => log.push({ type, event }));
  return {
    client,
    store,
    log,
    seen: <K extends keyof ClientEvents>(type: K) =>
      log.filter((each) => each.type === type).map((each) => each.event as ClientEvents[K]),
    shown: (conversationId) => show(client, conversationId),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function show(client: Client<ContentMap, ContentMap>, conversationId: string): string[] {
  return client
    .conversation(conversationId)
    .messages.getSnapshot()
    .items.map((item) => {
      const text = String('text' in item.content ? item.content.text : `[${item.content.type}]`);
      return item.status === 'stored' ? text : `${text} (${item.status})`;
    });
}

/** Resolves when `check` no longer throws or returns false. */
export async function until(check: () => unknown): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    let failure: unknown;
    try {
      if ((await check()) !== false) return;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end)
      throw failure ?? new Error(`waited ${PATIENCE_MS} ms in vain for: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The system clock, counting the waits under way. */
export function countingClock(): Clock & { readonly waits: number } {
  let waits = 0;
  return {
    ...systemClock,
    sleep: async (ms, signal) => {
      waits += 1;
      await systemClock.sleep(ms, signal);
      waits -= 1;
    },
    get waits() {
      return waits;
    },
  };
}

/** Lets time pass until it holds, a second at a time. */
export async function passing(clock: ManualClock, check: () => unknown): Promise<void> {
  await until(async () => {
    await clock.advance(1_000);
    return check();
  });
}
