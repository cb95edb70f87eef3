import type { InboxBounds, InboxStore, UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { SEEDED_START } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedInbox } from '../conformance-case.ts';
import { names, put, read, row } from './inbox-cases.ts';

/** Retention: what it removes, what survives it, and what the bounds say afterwards. */
export const inboxRetentionCases: readonly ConformanceCase<OpenedInbox>[] = [
  {
    name: 'retention: nothing to remove is no error',
    run: async (open) => {
      await using opened = await open();
      const { alice, ref } = names();
      expect(await opened.inbox.purge(SEEDED_START + 1_000, 10)).toBe(0);
      await put(opened.inbox, [row(alice, 1, ref(1), 100), row(alice, 2, ref(2), 200)]);
      await retain(opened, 50);
      expect(await bounds(opened.inbox, alice)).toEqual({ floor: 0, head: 2 });
      expect(await read(opened.inbox, alice)).toHaveLength(2);
    },
  },
  {
    name: 'retention: a hole at the start of an inbox is not the floor',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, ref } = names();
      await put(inbox, [row(alice, 2, ref(2), 200)]);
      expect(await bounds(inbox, alice)).toEqual({ floor: 0, head: 2 });
      await put(inbox, [row(alice, 1, ref(1), 100)]);
      expect(await bounds(inbox, alice)).toEqual({ floor: 0, head: 2 });
    },
  },
  {
    name: 'retention: the oldest rows go, voids too, and the floor moves to the last that went',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, bob, ref } = names();
      const rows = [1, 2, 3, 4, 5, 6].map((seq) => row(alice, seq, seq === 2 ? null : ref(seq), seq * 100));
      await put(inbox, [...rows, row(bob, 1, ref(6), 600)]);
      await retain(opened, 301);
      expect(await read(inbox, alice)).toEqual([
        [4, ref(4)],
        [5, ref(5)],
        [6, ref(6)],
      ]);
      expect(await read(inbox, bob)).toEqual([[1, ref(6)]]);
      expect(await inbox.bounds([alice, bob])).toEqual(
        new Map([
          [alice, { floor: 3, head: 6 }],
          [bob, { floor: 0, head: 1 }],
        ]),
      );
      expect(await inbox.find([{ userId: alice, ref: ref(1) }])).toEqual([]);
      expect(await inbox.find([{ userId: alice, ref: ref(4) }])).toHaveLength(1);
    },
  },
  {
    name: 'retention: purge goes in batches no larger than its limit, and each leaves no hole',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { ids, ref } = names();
      const users = [1, 2, 3].map((n) => ids.userId(`user${n}`));
      await put(
        inbox,
        users.flatMap((userId) => [1, 2, 3, 4, 5, 6, 7].map((seq) => row(userId, seq, ref(seq), seq * 100))),
      );
      if (opened.expire) {
        await opened.expire(SEEDED_START + 550);
      } else {
        let removed = 0;
        for (let calls = 0; removed < 15; calls++) {
          expect(calls).toBeLessThan(15);
          const count = await inbox.purge(SEEDED_START + 550, 4);
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(4);
          removed += count;
          for (const userId of users) await readableFromFloorToHead(inbox, userId, 7);
        }
        expect(removed).toBe(15);
      }
      expect(await inbox.purge(SEEDED_START + 550, 4)).toBe(0);
      for (const userId of users) expect(await bounds(inbox, userId)).toEqual({ floor: 5, head: 7 });
    },
  },
  {
    name: 'retention: a head survives the expiry of every row, and a restart after it',
    run: async (open) => {
      await using opened = await open();
      const { alice, bob, ref } = names();
      await put(
        opened.inbox,
        [1, 2, 3].map((seq) => row(alice, seq, ref(seq), seq)),
      );
      await put(opened.inbox, [row(bob, 1, ref(3), 3)]);
      await retain(opened, 1_000);
      for (const inbox of [opened.inbox, await opened.reopen()]) {
        await readableFromFloorToHead(inbox, alice, 3);
        await readableFromFloorToHead(inbox, bob, 1);
        expect((await bounds(inbox, alice)).floor).toBeGreaterThanOrEqual(2);
      }
      await put(opened.inbox, [row(alice, 4, ref(4), 2_000)]);
      await readableFromFloorToHead(opened.inbox, alice, 4);
      await retain(opened, 1_000);
      expect(await bounds(opened.inbox, alice)).toEqual({ floor: 3, head: 4 });
      expect(await read(opened.inbox, alice)).toEqual([[4, ref(4)]]);
    },
  },
  {
    name: 'retention: writers whose clocks disagree do not make purge remove from the middle',
    run: async (open) => {
      await using opened = await open();
      const { alice, ref } = names();
      await put(
        opened.inbox,
        [300, 100, 200, 400].map((at, n) => row(alice, n + 1, ref(n + 1), at)),
      );
      const before = SEEDED_START + 250;
      let removed = 0;
      for (let count = -1; count !== 0 && removed < 4; removed += count) count = await opened.inbox.purge(before, 100);
      await readableFromFloorToHead(opened.inbox, alice, 4);
      expect(await read(opened.inbox, alice)).toHaveLength(4 - removed);
      // A store that expires rows by itself leaves that to itself.
      if (opened.expire) expect(removed).toBe(0);
    },
  },
  {
    name: 'retention: rows that a clock far ahead dated go with those after them',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, bob, ref } = names();
      const ages = [100, FAR_AHEAD, FAR_AHEAD, 200, 300, 400];
      await put(
        inbox,
        ages.map((at, n) => row(alice, n + 1, ref(n + 1), at)),
      );
      await put(
        inbox,
        [FAR_AHEAD, 400].map((at, n) => row(bob, n + 1, ref(n + 1), at)),
      );
      await retain(opened, 250);
      for (const [userId, floor, head] of [
        [alice, 4, 6],
        [bob, 0, 2],
      ] as const) {
        expect(await bounds(inbox, userId)).toEqual({ floor, head });
        await readableFromFloorToHead(inbox, userId, head);
      }
    },
  },
];

/** ms since SEEDED_START: what a clock showed that was 20 years ahead. */
const FAR_AHEAD = 20 * 365 * 24 * 3_600_000;

/** Lets everything older than `age` (ms since SEEDED_START) go, by whichever of the two means the store has. */
async function retain(opened: OpenedInbox, age: number): Promise<void> {
  const before = SEEDED_START + age;
  if (opened.expire) return opened.expire(before);
  for (let calls = 0; (await opened.inbox.purge(before, 100, SEEDED_START + FAR_AHEAD / 2)) > 0; calls++)
    expect(calls).toBeLessThan(100);
}

async function bounds(inbox: InboxStore, userId: UserId): Promise<InboxBounds> {
  return (await inbox.bounds([userId])).get(userId) as InboxBounds;
}

/** What the bounds promise: every seq above the floor can be read, up to the head. */
async function readableFromFloorToHead(inbox: InboxStore, userId: UserId, head: number): Promise<void> {
  const now = await bounds(inbox, userId);
  expect(now.head).toBe(head);
  const seqs = (await inbox.range(userId, 0, 1_000)).map((record) => record.seq);
  expect(seqs).toEqual(Array.from({ length: head - now.floor }, (_, n) => now.floor + 1 + n));
}
