import {
  type CommandId,
  type ConversationSeq,
  composeStorage,
  directConversationId,
  type Event,
  type InboxStore,
  type MessageId,
  type UserId,
} from '@tidemark/core';
import { memoryHistory, memoryInbox } from '@tidemark/storage-memory';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { eventually } from '../support/patience.ts';
import { startRedis } from '../support/services/redis.ts';
import { startStoreScene } from '../support/store-scene.ts';

/** History and inbox in two stores, of which the inbox refuses rows while told to; its probe notices, or does not. */
function twoStores({ probeNotices }: { probeNotices: boolean }) {
  const inbox = memoryInbox();
  const state = { refuses: false, refused: 0 };
  const refuse = (): void => {
    if (!state.refuses) return;
    state.refused += 1;
    throw new Error('E_NEVER_SEEN: no rows today');
  };
  const refusing: InboxStore = {
    ...inbox,
    append: async (rows) => {
      refuse();
      return inbox.append(rows);
    },
    probe: async () => {
      if (probeNotices) refuse();
    },
  };
  return { storage: composeStorage({ history: memoryHistory(), inbox: refusing }), state };
}

async function withRedis<T>(isUsed: boolean, work: (redis: Redis | undefined) => Promise<T>): Promise<T> {
  if (!isUsed) return work(undefined);
  await using service = await startRedis();
  const redis = new Redis(service.url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const CONFIGURATIONS = [
  ['in one process', false, true],
  ['in one process, unnoticed by the probe', false, false],
  ['over Redis', true, true],
  ['over Redis, unnoticed by the probe', true, false],
] as const;

test.each(CONFIGURATIONS)(
  'an inbox that refuses for a while, %s: what is in the history is not refused, and reaches everybody',
  async (_, isOverRedis, probeNotices) => {
    await withRedis(isOverRedis, async (redis) => {
      const { storage, state } = twoStores({ probeNotices });
      // As soon as it may, a command is parked.
      await using scene = await startStoreScene({ storage, redis, tuning: { attempts: 2, parkAfterMs: 0 } });
      await scene.send('before', 1);
      state.refuses = true;
      const waiting = scene.send('meanwhile', 2);
      waiting.catch(() => {});
      await eventually('a sender is told that the outcome is unknown', () => scene.told.includes('outcome_unknown'));
      await eventually('it was tried often enough to be parked', () => state.refused > 20);
      state.refuses = false;
      await waiting;
      expect(scene.deadLettered).toEqual([]);
      await scene.assertStored(storage);
      for (const user of ['alice', 'bob', 'carol', 'dave'] as UserId[]) {
        // Of two direct conversations: their beginning, and three messages each.
        const rows = await storage.inbox.range(user, 0, 100);
        expect(
          new Set(rows.flatMap(({ ref }) => (ref ? [`${ref.conversationId} ${ref.conversationSeq}`] : []))).size,
        ).toBe(8);
      }
    });
  },
);

test.each([
  ['in one process', false],
  ['over Redis', true],
])('rows that nobody asks for again, %s: they are completed though nothing is queued', async (_, isOverRedis) => {
  await withRedis(isOverRedis, async (redis) => {
    const { storage } = twoStores({ probeNotices: true });
    await using scene = await startStoreScene({ storage, redis });
    await scene.send('first', 1);
    const conversationId = directConversationId('alice', 'bob');
    const head = (await storage.history.load([conversationId])).get(conversationId)?.head ?? 0;
    const conversationSeq = (head + 1) as ConversationSeq;
    // As by a process that died between the two stores, and a queue that was lost with it.
    const lost: Event = {
      conversationId,
      conversationSeq,
      actorId: 'alice' as UserId,
      commandId: 'lost' as CommandId,
      at: Date.now(),
      type: 'message.sent',
      messageId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' as MessageId,
      message: { type: 'text', content: { text: 'lost' } },
    };
    await storage.history.append([lost], { delivered: [] });
    await eventually('the row is there', async () => {
      const rows = await storage.inbox.range('bob' as UserId, 0, 20);
      return rows.some(({ ref }) => ref?.conversationId === conversationId && ref.conversationSeq === conversationSeq);
    });
    await eventually('it is delivered', async () => {
      const undelivered = await storage.history.undelivered();
      return !undelivered.some(
        (ref) => ref.conversationId === conversationId && ref.conversationSeq === conversationSeq,
      );
    });
  });
});
