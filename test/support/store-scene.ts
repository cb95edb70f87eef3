import { directConversationId, type Receipt, type Storage } from '@tidemark/core';
import type { MessagingOptions, ServerEvents } from '@tidemark/server';
import { type App, connectStock, startApp } from './app.ts';
import type { StockClient } from './delivery-record.ts';
import { eventually } from './patience.ts';
import { type RetryReason, sendUntilReceipt } from './send-until-receipt.ts';

const SENDERS = ['alice', 'bob', 'carol', 'dave'] as const;

/** An application on a store that a test makes ill, and people who send as outboxes do. */
export interface StoreScene extends AsyncDisposable {
  readonly app: App;
  readonly storeFailed: readonly ServerEvents['store-failed'][];
  readonly setAside: readonly ServerEvents['set-aside'][];
  readonly deadLettered: readonly ServerEvents['dead-lettered'][];
  /** What senders were told while they had no receipt. */
  readonly told: readonly RetryReason[];
  clientOf(user: string): StockClient;
  /** Every sender sends `each` messages to the next one, in order. Rejects where somebody is told that it failed for good. */
  send(name: string, each: number): Promise<Receipt[]>;
  /** All receipts so far stand in the store, each once, and every conversation has them in the order of their sending. */
  assertStored(storage: Storage): Promise<void>;
}

export async function startStoreScene(
  options: Partial<Omit<MessagingOptions<never>, 'content'>> & { readonly storage: MessagingOptions<never>['storage'] },
): Promise<StoreScene> {
  const app = await startApp({
    partitions: 2,
    limits: { callsPerSecond: 100_000, callBurst: 100_000, conversationsPerHour: 100_000, invitationsPerHour: 100_000 },
    ...(options as Parameters<typeof startApp>[0]),
    tuning: { receiptTimeoutMs: 1_000, ...options.tuning },
  });
  const storeFailed: ServerEvents['store-failed'][] = [];
  const setAside: ServerEvents['set-aside'][] = [];
  const deadLettered: ServerEvents['dead-lettered'][] = [];
  app.messaging.on('store-failed', (payload) => storeFailed.push(payload));
  app.messaging.on('set-aside', (payload) => setAside.push(payload));
  app.messaging.on('dead-lettered', (payload) => deadLettered.push(payload));
  const clients = new Map<string, StockClient>();
  const told: RetryReason[] = [];
  const receipts: Receipt[] = [];

  function clientOf(user: string): StockClient {
    const client = clients.get(user) ?? connectStock(app.wsUrl, user);
    clients.set(user, client);
    return client;
  }

  async function sendAll(user: string, to: string, name: string, count: number): Promise<Receipt[]> {
    const conversationId = directConversationId(user, to);
    const own: Receipt[] = [];
    for (let n = 0; n < count; n += 1) {
      const text = `${name}-${user}-${n}`;
      const draft = { conversationId, clientMessageId: text, text };
      own.push(await sendUntilReceipt(clientOf(user), draft, (reason) => told.push(reason)));
    }
    receipts.push(...own);
    return own;
  }

  return {
    app,
    storeFailed,
    setAside,
    deadLettered,
    told,
    clientOf,
    send: async (name, each) => {
      const all = SENDERS.map((user, n) => sendAll(user, SENDERS[(n + 1) % SENDERS.length] as string, name, each));
      return (await Promise.all(all)).flat();
    },
    assertStored: async ({ history }) => {
      const events = await history.findByRef(receipts);
      const stored = new Map(events.map((event) => [`${event.conversationId} ${event.conversationSeq}`, event]));
      for (const { conversationId, conversationSeq, clientMessageId } of receipts) {
        const event = stored.get(`${conversationId} ${conversationSeq}`);
        if (event?.commandId !== clientMessageId)
          throw new Error(`the receipt of ${clientMessageId} is of nothing stored`);
      }
      if (stored.size !== receipts.length) throw new Error('two receipts are of one place');
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...clients.values()].map((client) => client[Symbol.asyncDispose]()));
      await app[Symbol.asyncDispose]();
    },
  };
}

/**
 * The store is made ill while people send, and well again once the writer has noticed and somebody was told that the outcome is
 * unknown. Nobody is told that a message failed, all go through, and health is as it was.
 */
export async function throughIllness(
  scene: StoreScene,
  illness: { readonly begin: () => Promise<unknown>; readonly end: () => Promise<unknown> },
): Promise<void> {
  await scene.send('before', 2);
  await illness.begin();
  const waiting = scene.send('meanwhile', 2);
  waiting.catch(() => {});
  await eventually('the writer notices that the store is ill', () => scene.storeFailed.length > 0);
  await eventually('health is degraded', () => scene.app.messaging.health().status === 'degraded');
  await eventually('a sender is told that the outcome is unknown', () => scene.told.includes('outcome_unknown'));
  await illness.end();
  await waiting;
  await scene.send('after', 1);
  await eventually('health is well again', () => scene.app.messaging.health().status === 'ok');
  if (scene.deadLettered.length > 0) throw new Error('a message was parked for the fault of its store');
}
