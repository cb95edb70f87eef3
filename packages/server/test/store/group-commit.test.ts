import {
  type CommitBatch,
  type ConflictOutcome,
  type InboxRow,
  type Seq,
  type Storage,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { groupCommit } from '../../src/store/group-commit.ts';
import { alice, bob, carol } from '../support/commands.ts';
import { ManualClock, settled } from '../support/manual-clock.ts';

/** A storage whose commits last until the test answers them. */
function slowStorage(options: { atomic?: boolean } = {}) {
  const clock = new ManualClock();
  const open: { batch: CommitBatch; answer: (outcome: ConflictOutcome) => void; fail: (error: unknown) => void }[] = [];
  const memory = memoryStorage();
  const storage: Storage = {
    ...memory,
    capabilities: { ...memory.capabilities, atomic: options.atomic ?? true },
    commit: (batch) => new Promise((answer, fail) => open.push({ batch, answer, fail })),
  };
  const outcomes: string[] = [];
  const shared = groupCommit(storage, clock);
  const commit = (name: string, ...rows: CommitBatch['rows']): void => {
    shared.commit({ events: [], rows }).then(
      ({ conflict }) => outcomes.push(`${name}: ${conflict ?? 'committed'}`),
      (error: Error) => outcomes.push(`${name}: ${error.message}`),
    );
  };
  return { clock, open, outcomes, commit };
}

const voidRow = (userId: UserId, seq: number): InboxRow => ({ userId, seq: seq as Seq, ref: null, at: 1 });

const users = (batch: CommitBatch | undefined): string[] => batch?.rows.map((row) => row.userId) ?? [];

describe('commits', () => {
  test('wait for nobody while fewer than two are under way', () => {
    const { open, commit } = slowStorage();
    commit('first', voidRow(alice, 1));
    commit('second', voidRow(bob, 1));
    expect(open.map(({ batch }) => users(batch))).toEqual([[alice], [bob]]);
  });

  test('that come while two are under way go together, and each is told', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2']) commit(name, voidRow(alice, Number(name)));
    commit('3', voidRow(bob, 1));
    commit('4', voidRow(carol, 1));
    expect(open).toHaveLength(2);
    open[0]?.answer({ conflict: undefined });
    await settled();
    expect(users(open[2]?.batch)).toEqual([bob, carol]);
    open[2]?.answer({ conflict: undefined });
    await settled();
    expect(outcomes).toEqual(['1: committed', '3: committed', '4: committed']);
  });

  test('that conflict together are tried one by one, and the conflict is told to whose it is', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2', '3', '4']) commit(name, voidRow(bob, Number(name)));
    open[0]?.answer({ conflict: undefined });
    await settled();
    open[2]?.answer({ conflict: 'entry' });
    await settled();
    open[3]?.answer({ conflict: 'entry' });
    await settled();
    open[4]?.answer({ conflict: undefined });
    await settled();
    expect(outcomes).toEqual(['1: committed', '3: entry', '4: committed']);
  });

  test('that fail together as a defect are tried one by one', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2', '3', '4']) commit(name, voidRow(bob, Number(name)));
    open[0]?.answer({ conflict: undefined });
    await settled();
    open[2]?.fail(new Error('too large'));
    await settled();
    open[3]?.fail(new Error('poison'));
    await settled();
    open[4]?.answer({ conflict: undefined });
    await settled();
    expect(outcomes).toEqual(['1: committed', '3: poison', '4: committed']);
  });

  test('of which nobody knows what became are not tried again', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2', '3', '4']) commit(name, voidRow(bob, Number(name)));
    open[0]?.answer({ conflict: undefined });
    await settled();
    open[2]?.fail(new UnavailableError('connection lost'));
    await settled();
    expect(outcomes).toEqual(['1: committed', '3: connection lost', '4: connection lost']);
    expect(open).toHaveLength(3);
  });

  test('that hang hold up the others for a second only', async () => {
    const { clock, open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2', '3']) commit(name, voidRow(bob, Number(name)));
    await clock.advance(999);
    expect(open).toHaveLength(2);
    await clock.advance(1);
    open[2]?.answer({ conflict: undefined });
    await settled();
    expect(outcomes).toEqual(['3: committed']);
  });

  test('of more than 4,000 rows together are not made', async () => {
    const { open, commit } = slowStorage();
    const rows = Array.from({ length: 2_500 }, (_, index) => voidRow(bob, index + 1));
    for (const name of ['1', '2', '3', '4']) commit(name, ...rows);
    open[0]?.answer({ conflict: undefined });
    await settled();
    expect(open[2]?.batch.rows).toHaveLength(2_500);
  });

  test('of a storage that is not atomic stay apart', () => {
    const { open, commit } = slowStorage({ atomic: false });
    for (const name of ['1', '2', '3', '4']) commit(name, voidRow(bob, Number(name)));
    expect(open).toHaveLength(4);
  });
});
