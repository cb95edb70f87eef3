import type { Cursor } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, editShown, failing, found, withoutEvent } from './tampering.ts';

const NAMES = ['alice/1', 'bob/1'];

/** bob dies, misses two messages, and comes back. */
function bobComesBack(): HistoryRecord[] {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob');
  run.send('alice/1', chat);
  run.kill('bob/1');
  run.send('alice/1', chat);
  run.send('alice/1', chat);
  run.resume('bob/1');
  run.send('alice/1', chat);
  return run.finish();
}

describe('cursor behind data', () => {
  test('holds for a device that died before it had told of what it applied', () => {
    const records = bobComesBack();
    const applies = records.filter((record) => record.type === 'apply' && record.by === 'device bob/1');
    // The last apply before its death: its local store held it, its history did not.
    const untold = records.filter((record) => record !== applies[1]);
    expect(failing(untold, { invariants: ['cursor-behind-data'] })).toEqual([]);
  });

  test('holds for a device that died after it was rebuilt, and before it said so', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.kill('bob/1');
    run.resume('bob/1');
    const untold = edit(run.finish(), 'reset', (reset) => (reset.by === 'device bob/1' ? undefined : reset));
    const rebuilt = edit(untold, 'apply', (apply) => (apply.by === 'device bob/1' ? undefined : apply));
    const records = edit(rebuilt, 'resume', (resume) =>
      resume.by === 'device bob/1' ? { ...resume, held: {} } : resume,
    );
    expect(failing(records.filter((record) => record.type !== 'live'))).toEqual([]);
  });

  test('is refuted by a device that comes back with a cursor beyond what it holds', () => {
    const records = edit(bobComesBack(), 'resume', (resume) =>
      resume.by === 'device bob/1' && resume.cursor !== null ? { ...resume, held: {} } : resume,
    );
    expect(failing(records)).toEqual(['cursor-behind-data']);
    const [violation] = found(records, 'cursor-behind-data');
    expect(violation?.subject).toMatchObject({ kind: 'device', deviceId: '1' });
    expect(violation?.records.map((record) => record.type)).toEqual(['inbox-dump', 'resume']);
  });

  test('is refuted by a hole in what was applied', () => {
    const holed = edit(bobComesBack(), 'apply', (apply) =>
      apply.by === 'device bob/1' && apply.entries.length === 2 ? { ...apply, entries: apply.entries.slice(1) } : apply,
    );
    expect(failing(holed)).toEqual(['cursor-behind-data']);
  });

  test('is refuted by a cursor that was kept before its data', () => {
    const early = edit(bobComesBack(), 'apply', (apply) =>
      apply.by === 'device bob/1' && apply.entries.length === 2
        ? { ...apply, entries: apply.entries.slice(0, 1) }
        : apply,
    );
    expect(failing(early)).toEqual(['cursor-behind-data']);
  });

  test('is refuted by a dump that lacks what nobody was promised but the cursor is past', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('alice/1', chat, { told: 'unknown' });
    const lacking = editShown(run.finish(), 'bob-1/1', (each) => withoutEvent(each, 3));
    expect(failing(lacking)).toEqual(['cursor-behind-data', 'snapshot-equals-log']);
  });
});

describe('epoch honesty', () => {
  test('holds when all were reset, those that were away when they came back', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.kill('bob/1');
    run.newEpoch();
    run.send('alice/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by a device that goes on in another epoch without a reset', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.newEpoch();
    run.send('alice/1', chat);
    const silent = edit(run.finish(), 'reset', (reset) =>
      reset.by === 'device bob/1' && reset.reason === 'epoch' ? undefined : reset,
    );
    expect(failing(silent)).toEqual(['epoch-honesty']);
  });

  test('is refuted by a device that ends in an epoch that is past', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const stale = edit(run.finish(), 'device-dump', (dump) =>
      dump.by === 'device bob/1' ? { ...dump, cursor: 'e0:2' as Cursor } : dump,
    );
    expect(failing(stale)).toEqual(['epoch-honesty']);
  });
});

describe('no silent truncation', () => {
  function overtaken(): HistoryRecord[] {
    const run = new ModelRun(NAMES, 20);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.kill('bob/1');
    for (let n = 0; n < 4; n++) run.send('alice/1', chat);
    run.tick(100);
    run.purge('bob', 4);
    run.resume('bob/1');
    run.send('alice/1', chat);
    return run.finish();
  }

  test('holds when the device that retention overtook reports a reset', () => {
    const records = overtaken();
    expect(records.some((record) => record.type === 'reset' && record.reason === 'floor')).toBe(true);
    expect(failing(records)).toEqual([]);
  });

  test('is refuted by a device that goes on above the floor without one', () => {
    const silent = edit(overtaken(), 'reset', (reset) => (reset.reason === 'floor' ? undefined : reset));
    expect(failing(silent)).toEqual(['no-silent-truncation']);
    expect(found(silent, 'no-silent-truncation')[0]?.sentence).toContain('without 3');
  });

  test('is refuted by a device that stays below the floor', () => {
    const records = overtaken();
    const end = records.findIndex((record) => record.type === 'reset' && record.reason === 'floor');
    const stuck = records.filter(
      (record, index) => index < end || record.by !== 'device bob/1' || record.type === 'device-dump',
    );
    const below = edit(stuck, 'device-dump', (dump) =>
      dump.by === 'device bob/1' ? { ...dump, cursor: 'e1:2' as Cursor } : dump,
    );
    expect(failing(below)).toEqual(['no-silent-truncation']);
  });
});
