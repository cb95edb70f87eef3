import { describe, expect, test } from 'vitest';
import type { HistoryRecord, RecordOf } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, editShown, failing, found, withoutEvent } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1'];

function oneMessage(): HistoryRecord[] {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob');
  run.send('alice/1', chat);
  return run.finish();
}

/** Everything but the messages of the logs and of what was seen. */
function withoutMessages(records: readonly HistoryRecord[]): HistoryRecord[] {
  const logs = edit(records, 'log-dump', (log) => ({
    ...log,
    events: log.events.filter((event) => event.type !== 'message.sent'),
  }));
  return edit(logs, 'inbox-dump', (dump) => ({ ...dump, head: 1, entries: dump.entries.slice(0, 1) }));
}

describe('acknowledged means stored', () => {
  test('holds for an unknown send that was not stored, and for repeated changes of members', () => {
    const run = new ModelRun([...NAMES, 'carol/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat, { told: 'unknown', stored: false });
    run.add('alice/1', chat, 'carol');
    run.remove('alice/1', chat, 'carol');
    run.send('alice/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('excuses an entry that retention removed, when it is old enough or was applied below the floor', () => {
    const run = new ModelRun(NAMES, 50);
    const chat = run.group('alice/1', 'bob');
    run.kill('bob/1');
    run.send('alice/1', chat);
    run.tick(100);
    run.purge('alice', 2);
    run.purge('bob', 2);
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by a receipt whose message is not in the log', () => {
    const records = withoutMessages(oneMessage());
    expect(failing(records, { invariants: ['acknowledged-stored'] })).toEqual(['acknowledged-stored']);
    const [violation] = found(records, 'acknowledged-stored');
    expect(violation?.records.map((record) => record.type)).toEqual(['ok', 'log-dump']);
  });

  test('is refuted by an inbox that lacks the entry, though the message is in the log', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const records = run.finish();
    const other = edit(records, 'inbox-dump', (dump) =>
      dump.userId === run.user('bob') ? { ...dump, head: 1, entries: dump.entries.slice(0, 1) } : dump,
    );
    expect(failing(other)).toEqual(['acknowledged-stored']);
    expect(found(other, 'acknowledged-stored')[0]?.sentence).toContain('is not in the inbox of bob-1');
  });

  test('is refuted by an acknowledged member who never joined, and one who never left', () => {
    const run = new ModelRun([...NAMES, 'carol/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.add('alice/1', chat, 'carol');
    run.remove('alice/1', chat, 'bob');
    for (const type of ['members.added', 'members.removed']) {
      const undone = edit(run.records.length > 60 ? run.records : run.finish(), 'log-dump', (log) => ({
        ...log,
        events: log.events.filter((event) => event.type !== type),
      }));
      expect(failing(undone, { invariants: ['acknowledged-stored'] })).toEqual(['acknowledged-stored']);
    }
  });

  test('holds for the removal of somebody who joined only later: it changed nothing', () => {
    const run = new ModelRun([...NAMES, 'carol/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.add('alice/1', chat, 'carol');
    run.remove('alice/1', chat, 'carol');
    const unmoved = edit(run.finish(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter((event) => event.type !== 'members.removed'),
    }));
    expect(failing(unmoved, { invariants: ['acknowledged-stored'] })).toEqual(['acknowledged-stored']);
    const before = edit(unmoved, 'invoke', (invoke) =>
      invoke.operation.kind === 'remove' ? { ...invoke, at: 0 } : invoke,
    );
    expect(failing(before, { invariants: ['acknowledged-stored'] })).toEqual([]);
  });
});

describe('durable before visible', () => {
  test('holds when the process that stored it stood still before it told so', () => {
    const records = edit(oneMessage(), 'commit', (commit) => ({ ...commit, at: commit.at + 10_000 }));
    expect(failing(records)).toEqual([]);
  });

  test('holds for an event whose commit was never told: its process died', () => {
    expect(failing(edit(oneMessage(), 'commit', () => undefined))).toEqual([]);
  });

  test('is refuted by what was applied and acknowledged before its commit began', () => {
    const records = edit(oneMessage(), 'commit', (commit, index) =>
      index === 1 ? { ...commit, at: commit.at + 100, startedAt: commit.at + 90 } : commit,
    );
    expect(failing(records)).toEqual(['durable-before-visible']);
    const violations = found(records, 'durable-before-visible');
    expect(violations.map((each) => each.records.map((record) => record.type))).toEqual([
      ['apply', 'commit'],
      ['ok', 'commit'],
    ]);
  });

  test('is refuted by a process that published before its own commit', () => {
    const records = oneMessage();
    const [commit, publish] = [
      records.findLast((record) => record.type === 'commit'),
      records.findLast((record) => record.type === 'publish'),
    ];
    const early = records.map((record) => (record === commit ? publish : record === publish ? commit : record));
    expect(failing(early as HistoryRecord[])).toEqual(['durable-before-visible']);
  });

  test('does not blame a process that publishes what another one stored', () => {
    const records = oneMessage();
    const publish = records.findLast((record): record is RecordOf<'publish'> => record.type === 'publish');
    if (!publish) throw new Error('it was published');
    expect(failing([{ ...publish, by: 'server 1' }, ...records])).toEqual([]);
  });

  test('is refuted by what a device saw and no log holds', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('alice/1', chat, { told: 'unknown' });
    const records = edit(run.finish(), 'log-dump', (log) => ({ ...log, events: log.events.slice(0, 2) }));
    expect(failing(records, { invariants: ['durable-before-visible', 'one-order', 'no-phantom'] })).toEqual([
      'durable-before-visible',
    ]);
  });
});

describe('snapshot = log', () => {
  test('holds with read marks, voids, a conversation left and one joined late', () => {
    const run = new ModelRun([...NAMES, 'carol/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.read('bob/1', chat, 2);
    run.void('alice');
    run.add('alice/1', chat, 'carol');
    run.send('bob/1', chat);
    run.remove('alice/1', chat, 'bob');
    run.send('carol/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test.each([
    ['head', (each: { head: number }) => ({ head: each.head - 1 })],
    ['joinedSeq', () => ({ joinedSeq: 2 })],
    ['readSeq', () => ({ readSeq: 1 })],
  ] as const)('is refuted by a device with another %s', (field, change) => {
    for (const device of ['alice-1/2', 'alice-1/fresh']) {
      const records = editShown(oneMessage(), device, (each) => ({ ...each, ...change(each) }));
      expect(failing(records)).toEqual(['snapshot-equals-log']);
      expect(found(records, 'snapshot-equals-log')[0]?.sentence).toContain(field);
    }
  });

  test('is refuted by a conversation that a fresh device lacks, or shows as left', () => {
    const records = oneMessage();
    const lacking = edit(records, 'device-dump', (dump) =>
      dump.fresh && dump.userId.startsWith('bob') ? { ...dump, conversations: [] } : dump,
    );
    expect(failing(lacking)).toEqual(['reach', 'cursor-behind-data', 'snapshot-equals-log']);
    const left = editShown(records, 'bob-1/1', (each) => ({ ...each, member: false }));
    expect(failing(left)).toEqual(['snapshot-equals-log']);
  });

  test('is refuted by a fresh device that lacks an event nobody is promised by a receipt', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const records = editShown(run.finish(), 'bob-1/fresh', (each) => withoutEvent(each, 1));
    // Its cursor stands above the event as well.
    expect(failing(records)).toEqual(['cursor-behind-data', 'snapshot-equals-log']);
  });
});

describe('unread identity', () => {
  test('holds with own messages, a read mark, and a stay that began late', () => {
    const run = new ModelRun([...NAMES, 'carol/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('bob/1', chat);
    run.read('alice/2', chat, 2);
    run.add('alice/1', chat, 'carol');
    run.send('bob/1', chat);
    const records = run.finish();
    const dump = records.find((record) => record.type === 'device-dump' && record.by === 'device carol/1');
    expect(dump?.type === 'device-dump' && dump.conversations[0]?.unread).toBe(1);
    expect(failing(records)).toEqual([]);
  });

  test('is refuted by a count that holds own messages', () => {
    const records = editShown(oneMessage(), 'alice-1/2', (each) => ({ ...each, unread: 1 }));
    expect(failing(records)).toEqual(['unread-identity']);
  });

  test('holds for mentions too, and is refuted by a device that counts one where there is none', () => {
    const none = editShown(oneMessage(), 'bob-1/1', (each) => ({ ...each, unreadMentions: 0 }));
    expect(failing(none)).toEqual([]);
    const stale = editShown(none, 'bob-1/1', (each) => ({ ...each, unreadMentions: 1 }));
    expect(failing(stale)).toEqual(['one-number']);
  });

  test('is judged between devices where there is no log', () => {
    const records = edit(oneMessage(), 'log-dump', () => undefined);
    const options = { invariants: ['unread-identity'] } as const;
    expect(failing(records, options)).toEqual([]);
    const differing = editShown(records, 'bob-1/fresh', (each) => ({ ...each, unread: 7 }));
    expect(failing(differing, options)).toEqual(['unread-identity']);
  });
});
