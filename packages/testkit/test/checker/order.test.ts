import type { Event } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, editShown, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'bob/1'];
const BOB = 'bob-1/1';

function swapped<T>(items: readonly T[], a: number, b: number): T[] {
  return items.map((item, index) => (index === a ? items[b] : index === b ? items[a] : item) as T);
}

/** bob is away while alice sends `count` messages, so that he applies them at once. */
function caughtUp(count: number): { run: ModelRun; records: HistoryRecord[] } {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob');
  run.kill('bob/1');
  for (let n = 0; n < count; n++) run.send('alice/1', chat);
  return { run, records: run.finish() };
}

describe('one order', () => {
  test('holds for two senders, voids and a member who comes and goes', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.void('bob');
    run.send('bob/1', chat);
    run.remove('alice/1', chat, 'bob');
    run.send('alice/1', chat);
    run.add('alice/1', chat, 'bob');
    run.send('bob/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by a device that applies two messages the other way round', () => {
    const { records } = caughtUp(2);
    const inversed = edit(records, 'apply', (apply) => {
      if (apply.by !== 'device bob/1' || apply.entries.length < 2) return apply;
      const [a, b] = [apply.entries[0], apply.entries[1]];
      if (!a || !b) return apply;
      return {
        ...apply,
        entries: [
          { ...a, event: b.event },
          { ...b, event: a.event },
        ],
      };
    });
    // It applied at each of the two seqs what the inbox does not have there.
    expect(failing(inversed)).toEqual(['one-order', 'dense-inbox']);
    expect(found(inversed, 'one-order')).toHaveLength(1);
  });

  test('is refuted by two devices that have different events at one place', () => {
    const { records } = caughtUp(2);
    const renumber = (event: Event): Event => {
      const conversationSeq = event.conversationSeq === 2 ? 3 : event.conversationSeq === 3 ? 2 : event.conversationSeq;
      return { ...event, conversationSeq: conversationSeq as Event['conversationSeq'] };
    };
    const other = editShown(records, BOB, (each) => ({ ...each, events: swapped(each.events.map(renumber), 1, 2) }));
    expect(failing(other, { invariants: ['one-order', 'visible-once', 'dense-inbox'] })).toEqual(['one-order']);
    expect(found(other, 'one-order')[0]?.records).toHaveLength(2);
  });

  test('is refuted by a log with a hole', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat, { told: 'unknown' });
    run.send('alice/1', chat);
    const holed = edit(run.finish(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter((event) => event.conversationSeq !== 2),
    }));
    // Whoever saw #2 saw what is not stored, and counted it.
    expect(failing(holed)).toEqual(['one-order', 'durable-before-visible', 'snapshot-equals-log', 'unread-identity']);
  });
});

describe("sender's order", () => {
  test('is not asked between lives of a device', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('bob/1', chat);
    const first = run.send('alice/1', chat, { told: 'open' });
    run.kill('alice/1');
    run.resume('alice/1');
    const second = run.send('alice/1', chat, { told: 'open' });
    // As if the first life had meant to say second what the second life said first.
    const records = edit(run.finish(), 'invoke', (invoke) => {
      const operationId = invoke.operationId === first ? second : invoke.operationId === second ? first : undefined;
      return operationId === undefined ? invoke : { ...invoke, operationId };
    });
    expect(failing(records)).toEqual([]);
  });

  test('is not asked of a send that was asked for again in between', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('alice/1', chat);
    const records = run.finish();
    const [first, second] = records.filter((record) => record.type === 'invoke' && record.operation.kind === 'send');
    if (first?.type !== 'invoke' || second?.type !== 'invoke') throw new Error('two sends were made');
    // The second was also asked for before the first, so either order is right.
    const again = records.flatMap((record) => (record === first ? [{ ...second, at: first.at }, first] : [record]));
    expect(failing(again)).toEqual([]);
  });

  test('is refuted by a message that stands before one its device sent earlier', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('bob/1', chat);
    run.send('alice/1', chat, { told: 'unknown' });
    const second = run.send('alice/1', chat, { told: 'unknown' });
    run.learn('alice/1', chat, second);
    const records = run.finish();
    const invokes = records.filter((record) => record.type === 'invoke');
    const [a, b] = invokes.slice(-2);
    const swappedInvokes = records.map((record) => (record === a ? b : record === b ? a : record) as HistoryRecord);
    expect(failing(swappedInvokes)).toEqual(['sender-order']);
    const [violation] = found(swappedInvokes, 'sender-order');
    expect(violation?.sentence).toContain(second);
    expect(violation?.records.map((record) => record.type).sort()).toEqual(['invoke', 'invoke', 'log-dump', 'ok']);
  });

  test('is not asked of two devices, nor of two conversations', () => {
    const run = new ModelRun(['alice/1', 'alice/2', 'bob/1']);
    const [chat, other] = [run.group('alice/1', 'bob'), run.group('alice/1', 'bob')];
    run.send('alice/1', chat);
    run.send('alice/2', chat);
    run.send('alice/1', other);
    run.send('alice/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });
});

describe('dense inbox', () => {
  test('holds with explicit voids, and above the floor alone', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.void('bob');
    run.send('alice/1', chat);
    run.void('bob');
    run.purge('bob', 2);
    run.send('alice/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by a seq that nothing stands at', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.void('bob');
    run.send('alice/1', chat);
    const holed = edit(run.finish(), 'inbox-dump', (dump) => ({
      ...dump,
      entries: dump.entries.filter((entry) => entry.conversationId !== null),
    }));
    expect(failing(holed)).toEqual(['dense-inbox']);
  });

  test('is refuted by a writer that took the place of a void', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat, { told: 'open' });
    run.send('alice/1', chat);
    const overwritten = edit(run.finish(), 'apply', (apply) => ({
      ...apply,
      entries: apply.entries.map((entry) =>
        apply.by === 'device bob/1' && entry.event?.conversationSeq === 2 ? { ...entry, event: null } : entry,
      ),
    }));
    expect(failing(overwritten)).toEqual(['dense-inbox']);
    expect(found(overwritten, 'dense-inbox')[0]?.records.map((record) => record.type)).toEqual(['apply', 'inbox-dump']);
  });

  test('is refuted by a head beyond the last entry', () => {
    const { records } = caughtUp(1);
    expect(failing(edit(records, 'inbox-dump', (dump) => ({ ...dump, head: dump.head + 1 })))).toEqual(['dense-inbox']);
  });
});
