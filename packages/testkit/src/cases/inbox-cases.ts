import type {
  ConversationId,
  ConversationSeq,
  EventRef,
  InboxRow,
  InboxStore,
  Seq,
  StoreIdentity,
  UserId,
} from '@tidemark/core';
import { expect } from 'vitest';
import { HOSTILE_USER_IDS } from '../builders/hostile-text.ts';
import { SEEDED_START, seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedInbox } from '../conformance-case.ts';
import { patiently } from '../writer-model.ts';

/** Rows of an inbox: their keys, order, bounds and voids; several writers; restart. */
export const inboxCases: readonly ConformanceCase<OpenedInbox>[] = [
  {
    name: 'inbox: rows are read back in order of seq, in pages, voids among them',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, bob, ref } = names();
      await put(inbox, [row(alice, 1, ref(1)), row(alice, 2, null), row(alice, 3, ref(2)), row(bob, 1, ref(2))]);
      expect(await read(inbox, alice)).toEqual([
        [1, ref(1)],
        [2, null],
        [3, ref(2)],
      ]);
      expect(await read(inbox, alice, 1, 1)).toEqual([[2, null]]);
      expect(await read(inbox, alice, 2)).toEqual([[3, ref(2)]]);
      expect(await read(inbox, alice, 3)).toEqual([]);
      expect(await read(inbox, bob)).toEqual([[1, ref(2)]]);
      expect(await read(inbox, names(2).alice)).toEqual([]);
    },
  },
  {
    name: 'inbox: seqs are those of the rows, in order and in pages, holes left out',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, bob, ref } = names();
      await put(inbox, [row(alice, 1, ref(1)), row(alice, 2, null), row(alice, 4, ref(2)), row(bob, 1, ref(1))]);
      expect(await inbox.seqs(alice, 0, 10)).toEqual([1, 2, 4]);
      expect(await inbox.seqs(alice, 1, 1)).toEqual([2]);
      expect(await inbox.seqs(alice, 4, 10)).toEqual([]);
    },
  },
  {
    name: 'inbox: an empty batch, and empty questions, are no error',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      expect(await inbox.append([])).toEqual({ conflict: undefined });
      expect(await inbox.find([])).toEqual([]);
      expect((await inbox.bounds([])).size).toBe(0);
      expect(await inbox.fillVoids(names().alice, [], SEEDED_START + 1)).toEqual([]);
    },
  },
  {
    name: 'inbox: a seq that is taken is a conflict, and its row stays as it was',
    run: async (open) => {
      await using opened = await open();
      const { alice, ref } = names();
      await put(opened.inbox, [row(alice, 1, ref(1)), row(alice, 2, null)]);
      expect(await opened.inbox.append([row(alice, 1, ref(2))])).toEqual({ conflict: 'entry' });
      expect(await opened.inbox.append([row(alice, 2, ref(2))])).toEqual({ conflict: 'entry' });
      expect(await read(opened.inbox, alice)).toEqual([
        [1, ref(1)],
        [2, null],
      ]);
      expect(await opened.inbox.find([{ userId: alice, ref: ref(2) }])).toEqual([]);
    },
  },
  {
    name: 'inbox: an event that was delivered is a conflict at any other seq; voids are not events',
    run: async (open) => {
      await using opened = await open();
      const { alice, bob, ref } = names();
      await put(opened.inbox, [row(alice, 1, ref(1))]);
      expect(await opened.inbox.append([row(alice, 2, ref(1))])).toEqual({ conflict: 'entry' });
      expect(await read(opened.inbox, alice)).toEqual([[1, ref(1)]]);
      await put(opened.inbox, [row(bob, 1, ref(1)), row(alice, 3, null), row(alice, 4, null), row(bob, 2, null)]);
    },
  },
  {
    name: 'inbox: a key repeated within one batch is a conflict',
    run: async (open) => {
      await using opened = await open();
      const { alice, bob, ref } = names();
      expect(await opened.inbox.append([row(alice, 1, ref(1)), row(alice, 1, ref(2))])).toEqual({ conflict: 'entry' });
      expect(await opened.inbox.append([row(bob, 1, ref(1)), row(bob, 2, ref(1))])).toEqual({ conflict: 'entry' });
    },
  },
  {
    name: 'inbox: after a conflict, find says what is missing, and a second call writes it',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { ids, alice, ref } = names();
      const others = Array.from({ length: 5 }, (_, n) => ids.userId(`other${n}`));
      await put(inbox, [row(alice, 1, ref(1))]);
      const batch = [...others.slice(0, 2), alice, ...others.slice(2)].map((userId) => row(userId, 1, ref(2)));
      expect(await inbox.append(batch)).toEqual({ conflict: 'entry' });

      const found = await inbox.find(batch.map(({ userId }) => ({ userId, ref: ref(2) })));
      const missing = batch.filter(({ userId }) => !found.some((each) => each.userId === userId));
      expect(missing.map((each) => each.userId)).toContain(alice);
      await put(
        inbox,
        missing.map((each) => ({ ...each, seq: (each.userId === alice ? 2 : 1) as Seq })),
      );
      for (const userId of others) expect(await read(inbox, userId)).toEqual([[1, ref(2)]]);
      expect(await read(inbox, alice)).toEqual([
        [1, ref(1)],
        [2, ref(2)],
      ]);
    },
  },
  {
    name: 'inbox: what a conflict leaves behind is a beginning of the batch',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { ids, alice, bob, ref } = names();
      const others = Array.from({ length: 200 }, (_, n) => ids.userId(`other${n}`));
      await put(inbox, [row(alice, 1, ref(1))]);
      // Counters that were set back: what comes first is taken, and what comes later is free.
      const batch = [row(bob, 1, ref(2)), row(alice, 1, ref(2)), row(alice, 2, ref(3))];
      batch.push(...others.map((userId) => row(userId, 1, ref(3))));
      expect(await inbox.append(batch)).toEqual({ conflict: 'entry' });

      const found = await inbox.find(batch.map(({ userId, ref }) => ({ userId, ref: ref as EventRef })));
      expect(found.map(({ userId }) => userId).filter((userId) => userId !== bob)).toEqual([]);
    },
  },
  {
    name: 'inbox: while the first rows of an inbox are written, its head is never above them',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { ids, ref } = names();
      for (let n = 0; n < 10; n++) {
        const newcomer = ids.userId(`newcomer${n}`);
        let isWritten = false;
        const write = async (): Promise<void> => {
          await put(inbox, [row(newcomer, 1, ref(1)), row(newcomer, 2, ref(2))]);
          isWritten = true;
        };
        const watch = async (): Promise<void> => {
          do {
            const seen = (await inbox.bounds([newcomer])).get(newcomer);
            expect(seen?.floor).toBe(0);
            expect([0, 1, 2]).toContain(seen?.head);
          } while (!isWritten);
        };
        await Promise.all([write(), watch()]);
      }
    },
  },
  {
    name: 'inbox: bounds are 0 and 0 without an inbox, and follow the highest seq, also out of order',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, bob, ref } = names();
      await put(inbox, [row(alice, 1, ref(1))]);
      expect(await inbox.bounds([alice, bob])).toEqual(
        new Map([
          [alice, { floor: 0, head: 1 }],
          [bob, { floor: 0, head: 0 }],
        ]),
      );
      await put(inbox, [row(alice, 4, ref(4))]);
      await put(inbox, [row(alice, 2, ref(2))]);
      expect(await inbox.bounds([alice])).toEqual(new Map([[alice, { floor: 0, head: 4 }]]));
      expect(await read(inbox, alice)).toEqual([
        [1, ref(1)],
        [2, ref(2)],
        [4, ref(4)],
      ]);
    },
  },
  {
    name: 'inbox: voids go where a seq is free, and leave the others as they are',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { alice, bob, ref } = names();
      await put(inbox, [row(alice, 1, ref(1)), row(alice, 4, ref(4)), row(bob, 1, ref(1))]);
      const filled = await inbox.fillVoids(alice, [1, 2, 3, 4] as Seq[], SEEDED_START + 50);
      expect([...filled].sort()).toEqual([2, 3]);
      expect(await read(inbox, alice)).toEqual([
        [1, ref(1)],
        [2, null],
        [3, null],
        [4, ref(4)],
      ]);
      expect(await read(inbox, bob)).toEqual([[1, ref(1)]]);
      expect(await inbox.fillVoids(alice, [1, 2, 3, 4] as Seq[], SEEDED_START + 60)).toEqual([]);
      // The writer that comes late finds its seq taken, and delivers at another.
      expect(await inbox.append([row(alice, 2, ref(2))])).toEqual({ conflict: 'entry' });
      await put(inbox, [row(alice, 5, ref(2))]);
      expect(await inbox.fillVoids(alice, [6, 7] as Seq[], SEEDED_START + 70)).toHaveLength(2);
      expect((await inbox.bounds([alice])).get(alice)).toEqual({ floor: 0, head: 7 });
    },
  },
  {
    name: 'inbox: find gives the rows of exactly these deliveries, whole',
    run: async (open) => {
      await using opened = await open();
      const { alice, bob, ref } = names();
      const rows = [
        row(alice, 1, ref(1), 11),
        row(alice, 2, ref(2), 12),
        row(bob, 7, ref(1), 13),
        row(bob, 8, ref(3), 14),
      ];
      await put(opened.inbox, rows);
      const found = await opened.inbox.find([
        { userId: alice, ref: ref(2) },
        { userId: bob, ref: ref(1) },
        { userId: bob, ref: ref(2) },
        { userId: names(2).alice, ref: ref(1) },
      ]);
      expect(found.sort((a, b) => a.seq - b.seq)).toEqual([rows[1], rows[2]]);
    },
  },
  {
    name: 'inbox: user ids are data, told apart by every character and by case',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { ref } = names();
      await put(
        inbox,
        HOSTILE_USER_IDS.map((userId, n) => row(userId, n + 1, ref(n + 1))),
      );
      const bounds = await inbox.bounds(HOSTILE_USER_IDS);
      for (const [n, userId] of HOSTILE_USER_IDS.entries()) {
        expect(await read(inbox, userId), userId).toEqual([[n + 1, ref(n + 1)]]);
        expect(bounds.get(userId)?.head, userId).toBe(n + 1);
        expect(await inbox.fillVoids(userId, [(n + 2) as Seq], SEEDED_START + 1)).toEqual([n + 2]);
      }
      const direct = {
        conversationId: `d:${'x'.repeat(128)},${'y'.repeat(128)}` as ConversationId,
        conversationSeq: 1 as ConversationSeq,
      };
      const longest = row('x'.repeat(128) as UserId, 1_000, direct);
      await put(inbox, [longest]);
      expect(await inbox.find([{ userId: longest.userId, ref: direct }])).toEqual([longest]);
    },
  },
  {
    name: 'inbox: 1,000 recipients fit in one batch, and 1,000 rows in one inbox are read in pages',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const { ids, alice, ref } = names();
      const users = Array.from({ length: 1_000 }, (_, n) => ids.userId(`user${n}`));
      await put(
        inbox,
        users.map((userId) => row(userId, 1, ref(1))),
      );
      expect(await inbox.find(users.map((userId) => ({ userId, ref: ref(1) })))).toHaveLength(1_000);
      const bounds = await inbox.bounds(users);
      expect(users.every((userId) => bounds.get(userId)?.head === 1)).toBe(true);

      await put(
        inbox,
        Array.from({ length: 1_000 }, (_, n) => row(alice, n + 1, ref(n + 2))),
      );
      const seqs: number[] = [];
      for (;;) {
        const page = await inbox.range(alice, seqs.at(-1) ?? 0, 300);
        if (page.length === 0) break;
        seqs.push(...page.map((record) => record.seq));
      }
      expect(seqs).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
    },
  },
  {
    name: 'inbox: of two writers that race for one seq exactly one wins',
    run: async (open) => {
      await using opened = await open();
      const writers = [opened.inbox, await opened.reopen()];
      const { alice, ref } = names();
      for (let round = 1; round <= 10; round++) {
        const refs = [ref(2 * round), ref(2 * round + 1)];
        const conflicts = await race(writers, (inbox, n) => inbox.append([row(alice, round, refs[n] as EventRef)]));
        expect([...conflicts].sort()).toEqual(['entry', undefined]);
        expect(await read(opened.inbox, alice, round - 1)).toEqual([[round, refs[conflicts.indexOf(undefined)]]]);
      }
    },
  },
  {
    name: 'inbox: of two writers that deliver one event exactly one wins',
    run: async (open) => {
      await using opened = await open();
      const writers = [opened.inbox, await opened.reopen()];
      const { alice, ref } = names();
      for (let round = 1; round <= 10; round++) {
        const conflicts = await race(writers, (inbox, n) => inbox.append([row(alice, 2 * round + n, ref(round))]));
        expect([...conflicts].sort()).toEqual(['entry', undefined]);
        const found = await opened.inbox.find([{ userId: alice, ref: ref(round) }]);
        expect(found.map((each) => each.seq)).toEqual([2 * round + conflicts.indexOf(undefined)]);
      }
    },
  },
  {
    name: 'inbox: of a void and a row that race for one seq exactly one stands',
    run: async (open) => {
      await using opened = await open();
      const other = await opened.reopen();
      const { alice, ref } = names();
      for (let round = 1; round <= 10; round++) {
        const [appended, filled] = await Promise.all([
          patiently(() => opened.inbox.append([row(alice, round, ref(round))])),
          patiently(() => other.fillVoids(alice, [round as Seq], SEEDED_START + 1)),
        ]);
        expect(filled).toEqual(appended.conflict ? [round] : []);
        expect(await read(opened.inbox, alice, round - 1)).toEqual([[round, appended.conflict ? null : ref(round)]]);
      }
    },
  },
  {
    name: 'inbox: it belongs to the history that was named first, for every process and after a restart',
    run: async (open) => {
      await using opened = await open();
      const other = await opened.reopen();
      await other.open();
      const histories = ['history1', 'history2'] as StoreIdentity[];
      const [first, second] = await Promise.all(
        histories.map((history, index) => (index === 0 ? opened.inbox : other).bind(history)),
      );
      // One that is composed with a history was named before.
      expect(second).toBe(first);
      for (const inbox of [opened.inbox, other, await opened.reopen()]) {
        await inbox.open();
        expect(await inbox.bind('history3' as StoreIdentity)).toBe(first);
      }
    },
  },
  {
    name: 'inbox: rows and epoch are there after a restart; another store has another epoch',
    run: async (open) => {
      await using opened = await open();
      await using another = await open();
      const { alice, ref } = names();
      await put(opened.inbox, [row(alice, 1, ref(1)), row(alice, 2, null)]);
      expect(opened.inbox.epoch).toMatch(/^[A-Za-z0-9]{1,32}$/);
      expect(another.inbox.epoch).not.toBe(opened.inbox.epoch);
      for (const inbox of await Promise.all([opened.reopen(), opened.reopen()])) {
        await inbox.open();
        expect(inbox.epoch).toBe(opened.inbox.epoch);
        expect(await read(inbox, alice)).toEqual([
          [1, ref(1)],
          [2, null],
        ]);
        expect((await inbox.bounds([alice])).get(alice)).toEqual({ floor: 0, head: 2 });
        expect(await inbox.append([row(alice, 2, ref(2))])).toEqual({ conflict: 'entry' });
      }
    },
  },
  {
    name: 'inbox: a new epoch is another one, stands after a restart, and leaves the rows and the history it belongs to',
    run: async (open) => {
      await using opened = await open();
      const { alice, ref } = names();
      await put(opened.inbox, [row(alice, 1, ref(1))]);
      const history = await opened.inbox.bind('history1' as StoreIdentity);
      const before = opened.inbox.epoch;
      const renewed = await opened.inbox.renewEpoch();
      expect(renewed).toMatch(/^[A-Za-z0-9]{1,32}$/);
      expect(renewed).not.toBe(before);
      expect(opened.inbox.epoch).toBe(renewed);
      const again = await opened.reopen();
      await again.open();
      expect(again.epoch).toBe(renewed);
      expect(await again.bind('history2' as StoreIdentity)).toBe(history);
      expect(await read(again, alice)).toEqual([[1, ref(1)]]);
    },
  },
];

/** Two users and the places of one conversation. */
export function names(seed = 1) {
  const ids = seededIds(seed);
  const conversationId = ids.groupId();
  const ref = (seq: number): EventRef => ({ conversationId, conversationSeq: seq as ConversationSeq });
  return { ids, alice: ids.userId('alice'), bob: ids.userId('bob'), ref };
}

/** @param at milliseconds since SEEDED_START. */
export function row(userId: UserId, seq: number, ref: EventRef | null, at = 1_000 + seq): InboxRow {
  return { userId, seq: seq as Seq, ref, at: SEEDED_START + at };
}

/** Appends what must not conflict. */
export async function put(inbox: InboxStore, rows: readonly InboxRow[]): Promise<void> {
  expect(await patiently(() => inbox.append(rows))).toEqual({ conflict: undefined });
}

export async function read(
  inbox: InboxStore,
  userId: UserId,
  after = 0,
  limit = 100,
): Promise<[number, EventRef | null][]> {
  return (await inbox.range(userId, after, limit)).map(({ seq, ref }) => [seq, ref]);
}

async function race(
  writers: readonly InboxStore[],
  attempt: (inbox: InboxStore, n: number) => ReturnType<InboxStore['append']>,
): Promise<(string | undefined)[]> {
  const outcomes = await Promise.all(writers.map((inbox, n) => patiently(() => attempt(inbox, n))));
  return outcomes.map((each) => each.conflict);
}
