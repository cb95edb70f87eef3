import type { CommandId } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord, RecordOf } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1'];

/** A run up to the moment at which its store is copied, the same each time. */
function copied() {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob');
  run.send('alice/1', chat);
  return { run, chat };
}

/** Three messages are sent, acknowledged and seen; then the store is set back to before them, and another two are sent. */
function restored({ told = NAMES, after = ['bob/1', 'alice/1'] }: { told?: string[]; after?: string[] } = {}) {
  const { run, chat } = copied();
  const at = run.records.at(-1)?.at ?? 0;
  const lost = copied();
  const from = lost.run.records.length;
  for (const name of NAMES) lost.run.send(name, lost.chat, { text: 'lost' });

  run.tick(1_000);
  // Those of what is lost.
  for (const _ of NAMES) run.ids.commandId();
  for (const name of told) run.reset(name, 'ahead');
  for (const name of after) run.send(name, chat, { text: 'after' });
  const fault = { by: 'harness', faultId: 'f', kind: 'store-restored', target: 'store' };
  const between: HistoryRecord[] = [
    { ...fault, type: 'fault', at: at + 0.5 },
    ...lost.run.records.slice(from),
    { ...fault, type: 'heal', at: at + 500 },
  ];
  const all = run.finish();
  const next = all.findIndex((record) => record.at > at);
  return [...all.slice(0, next), ...between, ...all.slice(next)];
}

describe('a store that was restored', () => {
  test('excuses what was acknowledged and seen since its copy, where devices were told', () => {
    expect(failing(restored())).toEqual([]);
  });

  test('excuses nothing when it was not', () => {
    const records = restored().filter((record) => !(record.type === 'fault' || record.type === 'heal'));
    expect(failing(records)).toEqual(expect.arrayContaining(['reach', 'one-order', 'acknowledged-stored']));
    const refused: RecordOf<'not-injected'> = {
      ...(restored().find((record): record is RecordOf<'fault'> => record.type === 'fault') as RecordOf<'fault'>),
      type: 'not-injected',
      reason: 'the store was down',
    };
    expect(failing([...restored(), refused])).toEqual(failing(records));
  });

  test('does not excuse what was acknowledged before its copy', () => {
    const [first] = restored().filter((record) => record.type === 'ok' && record.receipt);
    const records = edit(restored(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter(({ commandId }) => commandId !== (first as RecordOf<'ok'>).operationId),
    }));
    expect(failing(records)).toContain('acknowledged-stored');
  });

  test('does not excuse what was acknowledged afterwards', () => {
    const last = restored().findLast((record) => record.type === 'ok' && record.receipt) as RecordOf<'ok'>;
    const records = edit(restored(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter(({ commandId }) => commandId !== last.operationId),
    }));
    expect(failing(records)).toContain('acknowledged-stored');
  });

  test('excuses a message that was lost, of which its device saw no more than that it had come', () => {
    const unanswered = (text: string): HistoryRecord[] => {
      const all = restored();
      const invoke = all.find(
        (each) => each.type === 'invoke' && 'text' in each.operation && each.operation.text === text,
      );
      const { operationId } = invoke as RecordOf<'invoke'>;
      return all.filter((each) => each.type !== 'ok' || each.operationId !== operationId);
    };
    expect(failing(unanswered('lost'))).toEqual([]);
  });

  test('excuses a device that was told, rebuilt, and died before it said so', () => {
    const isReset = (each: HistoryRecord) =>
      each.type === 'reset' && each.reason === 'ahead' && each.by === 'device bob/1';
    const all = restored().map((each): HistoryRecord => {
      if (!isReset(each)) return each;
      const { reason: _, ...head } = each as RecordOf<'reset'>;
      return { ...head, type: 'resume', held: {} };
    });
    expect(all.filter(isReset)).toEqual([]);
    expect(failing(all)).toEqual([]);
  });

  const isReceipt = (record: HistoryRecord): record is RecordOf<'ok'> => record.type === 'ok' && !!record.receipt;

  /** The receipt of the first message that is lost comes `after` ms after the copy. */
  const receiptCame = (after: number): HistoryRecord[] => {
    const records = restored();
    const copiedAt = records.find(({ type }) => type === 'fault')?.at ?? 0;
    const late = records.find((record) => isReceipt(record) && record.at > copiedAt);
    return records
      .map((record) => (record === late ? { ...record, at: copiedAt + after } : record))
      .sort((a, b) => a.at - b.at);
  };

  test('excuses a receipt that was on its way, until its device is told', () => {
    expect(failing(receiptCame(600))).toEqual([]);
    expect(failing(receiptCame(5_000))).toContain('acknowledged-stored');
  });

  test('excuses a message that was lost, and sent again behind what its device had said after it', () => {
    const records = restored({ after: ['alice/1', 'alice/1'] });
    const [a, b] = records.filter((record): record is RecordOf<'invoke'> => record.type === 'invoke').slice(-2);
    const swapped = records.map((record) => (record === a ? b : record === b ? a : record) as HistoryRecord);
    expect(failing(swapped)).toEqual(['sender-order']);
    const [lost] = records.filter(isReceipt).slice(1);
    const carriedOutBefore = edit(swapped, 'commit', (commit) => ({
      ...commit,
      events: commit.events.map((event) =>
        event.commandId === lost?.operationId ? { ...event, commandId: b?.operationId as CommandId } : event,
      ),
    }));
    expect(failing(carriedOutBefore)).toEqual([]);
  });

  test('is told to every device that may hold what it lost', () => {
    const records = restored({ told: ['alice/1', 'alice/2'] });
    expect(failing(records)).toContain('restore-told');
    expect(found(records, 'restore-told').map(({ sentence }) => sentence)).toEqual([
      'bob-1/1 applied what the store lost when it was restored, and was never told to rebuild',
    ]);
  });
});

describe('no false refusal', () => {
  const refusedWith = (code: string, prepare = (_: ModelRun, __: ReturnType<ModelRun['group']>) => {}) => {
    const { run, chat } = copied();
    prepare(run, chat);
    run.send('bob/1', chat, { told: 'fail' });
    return edit(run.finish(), 'fail', (fail) => ({ ...fail, code }));
  };

  test.each(['dead_lettered', 'invalid_input', 'not_a_member'])('is refuted by %s for a message in order', (code) => {
    const records = refusedWith(code);
    expect(failing(records)).toEqual(['no-false-refusal']);
    expect(found(records, 'no-false-refusal')[0]?.records.map(({ type }) => type)).toEqual([
      'invoke',
      'fail',
      'log-dump',
    ]);
  });

  test('holds for one who was removed, and for what the application forbids', () => {
    expect(failing(refusedWith('forbidden'))).toEqual([]);
    expect(failing(refusedWith('not_a_member', (run, chat) => run.remove('alice/1', chat, 'bob')))).toEqual([]);
  });
});
