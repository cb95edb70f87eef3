import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../src/checker/catalogue.ts';
import type { HistoryRecord } from '../../src/checker/history.ts';
import { DEFAULT_MEMORY_BUDGET_BYTES } from '../../src/checker/invariants/bounded-memory.ts';
import { judge } from '../../src/checker/judge.ts';
import { FINDINGS_IN_FULL, type InvariantName } from '../../src/checker/violation.ts';
import { ModelRun } from './model-run.ts';
import { edit, editEvents, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'bob/1'];

function oneMessage(prepare: (run: ModelRun) => void = () => undefined): HistoryRecord[] {
  const run = new ModelRun(NAMES);
  run.send('alice/1', run.group('alice/1', 'bob'));
  prepare(run);
  return run.finish();
}

describe('bounded memory', () => {
  const grow = (...held: readonly number[]) =>
    oneMessage((run) => {
      for (const bytes of held) run.memory('server 0', bytes);
    });

  test('holds for a peak that passes, and is not applicable when nothing was measured', () => {
    const big = DEFAULT_MEMORY_BUDGET_BYTES * 2;
    expect(failing(grow(1, big, 1, big, 1))).toEqual([]);
    expect(judge(oneMessage()).invariants['bounded-memory']).toBe('not applicable');
  });

  test('is refuted by a process that stays above its budget, told with its first record', () => {
    const big = DEFAULT_MEMORY_BUDGET_BYTES + 2;
    const records = grow(1, big, big, big);
    expect(failing(records)).toEqual(['bounded-memory']);
    expect(found(records, 'bounded-memory')[0]?.records).toHaveLength(4);
    expect(failing(records, { memoryBudgetBytes: big })).toEqual([]);
    expect(failing(grow(1, 20, 20, 20), { memoryBudgetBytes: 18 })).toEqual(['bounded-memory']);
  });

  test('begins anew with a process that was started anew', () => {
    const records = grow(1, 1, 50, 50, 50);
    const started = { by: 'harness', type: 'start', target: 'server 0', pid: 2 } as const;
    let n = 0;
    const restarted = records.flatMap((record): HistoryRecord[] =>
      record.type === 'memory' && ++n === 3 ? [{ at: record.at, ...started }, record] : [record],
    );
    expect(failing(records, { memoryBudgetBytes: 10 })).toEqual(['bounded-memory']);
    expect(failing(restarted, { memoryBudgetBytes: 10 })).toEqual([]);
  });
});

describe('liveness after heal', () => {
  test('holds for crashes that faults brought about, and failed drafts', () => {
    const refused = (run: ModelRun) => {
      run.kill('bob/1');
      run.resume('bob/1');
    };
    const records = edit(oneMessage(refused), 'device-dump', (dump) => ({
      ...dump,
      drafts: [{ clientMessageId: 'x', failed: true }],
    }));
    expect(failing(records)).toEqual([]);
  });

  test('is refuted by quiet that did not come, came before healed, or was never waited for', () => {
    const records = oneMessage();
    expect(failing(edit(records, 'quiet', () => undefined))).toEqual(['liveness-after-heal']);
    expect(failing(edit(records, 'healed', () => undefined))).toEqual(['liveness-after-heal']);
    const behind = edit(records, 'quiet', (quiet) => ({ ...quiet, type: 'not-quiet', waitingFor: 'bob/1' }));
    expect(failing(behind)).toEqual(['liveness-after-heal']);
    expect(found(behind, 'liveness-after-heal')[0]?.sentence).toContain('bob/1');
    const [healed, quiet] = records.filter((record) => record.type === 'healed' || record.type === 'quiet');
    const early = records.map((record) => (record === healed ? quiet : record === quiet ? healed : record));
    expect(failing(early as HistoryRecord[])).toEqual(['liveness-after-heal']);
  });

  test('is refuted by a draft that still waits, and by a process that died by itself', () => {
    const waiting = edit(oneMessage(), 'device-dump', (dump) =>
      dump.by === 'device bob/1' ? { ...dump, drafts: [{ clientMessageId: 'x', failed: false }] } : dump,
    );
    expect(failing(waiting)).toEqual(['liveness-after-heal']);
    const crashed = edit(
      oneMessage((run) => run.kill('bob/1')),
      'crash',
      (crash) => ({ ...crash, unexpected: true }),
    );
    expect(failing(crashed)).toEqual(['liveness-after-heal']);
  });

  test('is refuted by a message that a device was asked to send and forgot, unless it died', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('bob/1', chat);
    run.send('alice/1', chat, { told: 'open', stored: false });
    expect(failing(run.finish())).toEqual(['liveness-after-heal']);
    const died = new ModelRun(NAMES);
    const talk = died.group('alice/1', 'bob');
    died.send('bob/1', talk);
    died.send('alice/1', talk, { told: 'open', stored: false });
    died.kill('alice/1');
    expect(failing(died.finish())).toEqual([]);
  });
});

describe('a verdict', () => {
  test('never passes what shows nothing', () => {
    expect(failing([])).toContain('something-observed');
    for (const name of Object.keys(INVARIANTS) as InvariantName[]) {
      expect(failing([], { invariants: [name] })).toContain('something-observed');
    }
    const records = oneMessage();
    for (const type of ['ok', 'device-dump', 'log-dump', 'inbox-dump'] as const) {
      expect(failing(edit(records, type, () => undefined))).toContain('something-observed');
    }
    const withoutFresh = records.filter((record) => !record.by.endsWith('/fresh'));
    expect(failing(withoutFresh)).toEqual(['something-observed']);
    const withoutBob = edit(records, 'device-dump', (dump) => (dump.by === 'device bob/1' ? undefined : dump));
    expect(found(withoutBob, 'something-observed')[0]?.sentence).toContain('bob-1/1');
    const withoutInbox = edit(records, 'inbox-dump', (dump) => (dump.userId.startsWith('bob') ? undefined : dump));
    expect(failing(withoutInbox)).toEqual(['something-observed']);
  });

  test('tells apart what was acknowledged, refused and unknown, and what trouble met', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('alice/1', chat, { told: 'fail' });
    run.send('alice/1', chat, { told: 'open' });
    const late = run.send('alice/1', chat, { told: 'unknown' });
    run.learn('alice/1', chat, late);
    run.fault('kill', 'device bob/1');
    run.kill('bob/1');
    run.send('alice/1', chat);
    run.fault('pause', 'server 0');
    run.fault('kill', 'redis');
    run.fault('flush', 'redis', { injected: false });
    expect(judge(run.finish())).toMatchObject({
      attempts: 5,
      acknowledged: 3,
      unknown: 1,
      failed: 1,
      lost: 0,
      duplicated: 0,
      outOfOrder: 0,
      // The one that was unknown, and the one bob caught up with.
      recovered: 2,
      // Of the group and of four messages, to two users each.
      entries: 10,
      voids: 0,
      faults: { kill: 2, pause: 1 },
      violations: [],
    });
    expect(judge(run.records).secondsToQuiet).toBeGreaterThan(0);
  });

  test('counts the voids of the inboxes', () => {
    const records = edit(oneMessage(), 'inbox-dump', (dump) => ({
      ...dump,
      entries: dump.entries.map((entry) =>
        entry.seq === 1 ? { ...entry, conversationId: null, conversationSeq: null } : entry,
      ),
    }));
    const { entries, voids } = judge(records);
    expect([entries, voids]).toEqual([4, 2]);
  });

  test('judges by what was chosen alone, and counts all the same', () => {
    const records = edit(oneMessage(), 'device-dump', (dump) =>
      dump.by === 'device bob/1' ? { ...dump, conversations: [] } : dump,
    );
    const verdict = judge(records, { invariants: ['dense-inbox'] });
    expect(verdict).toMatchObject({ violations: [], lost: 1 });
    expect(verdict.invariants).toMatchObject({ 'dense-inbox': 'pass', reach: 'not applicable' });
  });

  test('keeps a disaster short, and says how much it left out', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    for (let n = 0; n < FINDINGS_IN_FULL + 10; n++) run.send('alice/1', chat);
    const garbled = editEvents(run.finish(), (event) =>
      event.type === 'message.sent' ? { ...event, message: { type: 'text', content: { text: '?' } } } : event,
    );
    const violations = found(garbled, 'no-phantom');
    expect(violations).toHaveLength(FINDINGS_IN_FULL + 1);
    expect(violations.at(-1)?.sentence).toContain('more findings');
  });
});
