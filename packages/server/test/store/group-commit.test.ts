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
import { alice, bob } from '../support/commands.ts';
import { flushPromises } from '../support/manual-clock.ts';

/** A storage whose commits last until the test answers them. */
function slowStorage(options: { atomic?: boolean } = {}) {
  const open: { batch: CommitBatch; answer: (outcome: ConflictOutcome) => void; fail: (error: unknown) => void }[] = [];
  const memory = memoryStorage();
  const storage: Storage = {
    ...memory,
    capabilities: { ...memory.capabilities, atomic: options.atomic ?? true },
    commit: (batch) => new Promise((answer, fail) => open.push({ batch, answer, fail })),
  };
  const outcomes: string[] = [];
  const shared = groupCommit(storage);
  const commit = (name: string, ...rows: CommitBatch['rows']): void => {
    shared.commit({ events: [], rows }).then(
      ({ conflict }) => outcomes.push(`${name}: ${conflict ?? 'committed'}`),
      (error: Error) => outcomes.push(`${name}: ${error.message}`),
    );
  };
  return { open, outcomes, commit };
}

const voidRow = (userId: UserId, seq: number): InboxRow => ({ userId, seq: seq as Seq, ref: null, at: 1 });

const users = (batch: CommitBatch | undefined): string[] => batch?.rows.map((row) => row.userId) ?? [];

describe('commits', () => {
  test('of one turn of the event loop go together, and each is told', async () => {
    const { open, outcomes, commit } = slowStorage();
    commit('1', voidRow(alice, 1));
    await Promise.resolve();
    commit('2', voidRow(bob, 1));
    await flushPromises();
    expect(open.map(({ batch }) => users(batch))).toEqual([[alice, bob]]);
    open[0]?.answer({ conflict: undefined });
    await flushPromises();
    expect(outcomes).toEqual(['1: committed', '2: committed']);
  });

  test('wait for none that is under way', async () => {
    const { open, outcomes, commit } = slowStorage();
    commit('1', voidRow(alice, 1));
    await flushPromises();
    commit('2', voidRow(bob, 1));
    await flushPromises();
    expect(open.map(({ batch }) => users(batch))).toEqual([[alice], [bob]]);
    open[1]?.answer({ conflict: undefined });
    await flushPromises();
    expect(outcomes).toEqual(['2: committed']);
  });

  test('that conflict together are tried one by one, and the conflict is told to whose it is', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2', '3']) commit(name, voidRow(bob, Number(name)));
    await flushPromises();
    open[0]?.answer({ conflict: 'entry' });
    await flushPromises();
    expect(open).toHaveLength(2);
    open[1]?.answer({ conflict: undefined });
    await flushPromises();
    open[2]?.answer({ conflict: 'entry' });
    await flushPromises();
    open[3]?.answer({ conflict: undefined });
    await flushPromises();
    expect(outcomes).toEqual(['1: committed', '2: entry', '3: committed']);
  });

  test('that fail together as a defect are tried one by one', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2']) commit(name, voidRow(bob, Number(name)));
    await flushPromises();
    open[0]?.fail(new Error('too large'));
    await flushPromises();
    open[1]?.fail(new Error('poison'));
    await flushPromises();
    open[2]?.answer({ conflict: undefined });
    await flushPromises();
    expect(outcomes).toEqual(['1: poison', '2: committed']);
  });

  test('of which nobody knows what became are not tried again', async () => {
    const { open, outcomes, commit } = slowStorage();
    for (const name of ['1', '2']) commit(name, voidRow(bob, Number(name)));
    await flushPromises();
    open[0]?.fail(new UnavailableError('connection lost'));
    await flushPromises();
    expect(outcomes).toEqual(['1: connection lost', '2: connection lost']);
    expect(open).toHaveLength(1);
  });

  test('of more than 4,000 rows together are not made', async () => {
    const { open, commit } = slowStorage();
    const rows = Array.from({ length: 1_500 }, (_, index) => voidRow(bob, index + 1));
    for (const name of ['1', '2', '3']) commit(name, ...rows);
    await flushPromises();
    expect(open.map(({ batch }) => batch.rows.length)).toEqual([3_000, 1_500]);
  });

  test('of a storage that is not atomic stay apart', () => {
    const { open, commit } = slowStorage({ atomic: false });
    for (const name of ['1', '2', '3']) commit(name, voidRow(bob, Number(name)));
    expect(open).toHaveLength(3);
  });
});
