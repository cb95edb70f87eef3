import type { ConversationSeq, InboxRow, Seq, Storage, UserId } from '@tidemark/core';
import { conversationBuilder, SEEDED_START, seededIds } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { sqliteStorage } from '../src/index.ts';

// What storage-sql does for every dialect, on the one that needs no service.

test('a hole before the first row is no loss: the floor is what retention removed', async () => {
  await using inbox = await openedInbox();
  await inbox.append([row('alice', 3, 100)]);
  expect(await inbox.bounds(user('alice'))).toEqual({ floor: 0, head: 3 });
  await inbox.append([row('alice', 1, 50), row('alice', 2, 60)]);
  expect(await inbox.purge(SEEDED_START + 55, 10)).toBe(1);
  expect(await inbox.bounds(user('alice'))).toEqual({ floor: 1, head: 3 });
});

test('the newest rows of users who are away do not keep purge from the rows behind them', async () => {
  await using inbox = await openedInbox();
  const away = Array.from({ length: 50 }, (_, n) => row(`away${n}`, 1, n));
  const busy = Array.from({ length: 30 }, (_, n) => row('busy', n + 1, 100 + n));
  await inbox.append([...away, ...busy]);
  const counts: number[] = [];
  do counts.push(await inbox.purge(SEEDED_START + 1_000, 10));
  while (counts.at(-1) !== 0);
  expect(counts).toEqual([10, 10, 9, 0]);
  expect(await inbox.bounds(user('busy'))).toEqual({ floor: 29, head: 30 });
});

test('a round of purge that went past them comes back for rows that are overdue since', async () => {
  await using inbox = await openedInbox();
  await inbox.append([row('early', 1, 1), ...Array.from({ length: 20 }, (_, n) => row('busy', n + 1, 100 + n))]);
  expect(await inbox.purge(SEEDED_START + 1_000, 10)).toBe(10);
  // The next batch would go on after the rows of `busy`; this one is before them.
  await inbox.append([row('early', 2, 2)]);
  expect(await inbox.purge(SEEDED_START + 50, 10)).toBe(1);
  expect(await inbox.bounds(user('early'))).toEqual({ floor: 1, head: 2 });
});

test('voids fill what is free, also while others write the same seqs', async () => {
  await using inbox = await openedInbox();
  await inbox.append([row('alice', 2, 0)]);
  const seqs = [1, 2, 3, 4].map((seq) => seq as Seq);
  const [voids] = await Promise.all([
    inbox.store.fillVoids(user('alice'), seqs, SEEDED_START),
    inbox.append([row('alice', 3, 0)]),
  ]);
  expect(new Set([...voids, 2, 3])).toEqual(new Set(seqs));
  expect(await inbox.store.range(user('alice'), 0, 10)).toHaveLength(4);
});

test('an inbox of both roles joins the event, one alone does not', async () => {
  const storage = sqliteStorage({ path: ':memory:' });
  await storage.open();
  const chat = conversationBuilder();
  const ref = { conversationId: chat.conversationId, conversationSeq: 1 as ConversationSeq };
  const alice = chat.created.actorId;
  await storage.commit({ events: [chat.created], rows: [{ userId: alice, seq: 1 as Seq, ref, at: SEEDED_START }] });
  expect(await storage.inbox.range(alice, 0, 1)).toEqual([{ seq: 1, ref, event: chat.created }]);
  await storage.close();
});

const { conversationId } = conversationBuilder({ ids: seededIds(7) });

/** Each row delivers another event, so that only seqs can clash. */
function row(name: string, seq: number, age: number): InboxRow {
  const ref = { conversationId, conversationSeq: seq as ConversationSeq };
  return { userId: user(name), seq: seq as Seq, ref, at: SEEDED_START + age };
}

function user(name: string): UserId {
  return name as UserId;
}

async function openedInbox() {
  const storage: Storage = sqliteStorage({ path: ':memory:' });
  await storage.open();
  const store = storage.inbox;
  return {
    store,
    append: async (rows: readonly InboxRow[]) => expect(await store.append(rows)).toEqual({ conflict: undefined }),
    purge: (before: number, limit: number) => store.purge(before, limit),
    bounds: async (userId: UserId) => (await store.bounds([userId])).get(userId),
    [Symbol.asyncDispose]: () => storage.close(),
  };
}
