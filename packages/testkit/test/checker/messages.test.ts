import { describe, expect, test } from 'vitest';
import { ModelRun } from './model-run.ts';
import { edit, editEvents, editShown, failing, found, withoutEvent } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1'];
const BOB = 'bob-1/1';

describe('reach', () => {
  test('holds when an unknown send did not happen, and when it did', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('alice/1', chat, { told: 'unknown', stored: false });
    run.send('alice/1', chat, { told: 'open' });
    expect(failing(run.finish())).toEqual([]);
  });

  test('holds for who was removed and added again, over two stays', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('bob/1', chat);
    run.remove('alice/1', chat, 'bob');
    run.send('alice/1', chat);
    run.add('alice/1', chat, 'bob');
    run.send('alice/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('excuses a device that was rebuilt after its user had left, and no other', () => {
    const run = new ModelRun(['alice/1', 'bob/1', 'bob/2']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.kill('bob/2');
    run.remove('alice/1', chat, 'bob');
    run.purge('bob', 3);
    run.resume('bob/2');
    const records = run.finish();
    expect(run.device('bob/2').known.has(chat.conversationId)).toBe(false);
    expect(failing(records)).toEqual([]);
    const lost = editShown(records, BOB, (each) => withoutEvent(each, 2));
    expect(found(lost, 'reach').map((each) => each.subject)).toEqual([
      expect.objectContaining({ kind: 'message', conversationSeq: 2 }),
    ]);
  });

  test('is refuted by a device, or a fresh one, that lacks an acknowledged message, and told in three records', () => {
    for (const device of [BOB, 'bob-1/fresh']) {
      const run = new ModelRun(NAMES);
      const chat = run.group('alice/1', 'bob');
      run.send('alice/1', chat);
      const lost = run.send('alice/1', chat);
      run.send('alice/1', chat);
      const records = editShown(run.finish(), device, (each) => withoutEvent(each, 3));
      // The cursor is past it, and the snapshot differs as well: it is one loss seen from three sides.
      expect(failing(records)).toEqual(['reach', 'cursor-behind-data', 'snapshot-equals-log']);
      const [violation, ...more] = found(records, 'reach');
      expect(more).toEqual([]);
      expect(violation).toMatchObject({ promises: ['P2', 'P8'], subject: { operationId: lost, conversationSeq: 3 } });
      expect(violation?.sentence).toContain(device);
      expect(violation?.records.map((record) => record.type)).toEqual(['ok', 'log-dump', 'device-dump']);
    }
  });

  test('is judged without dumps by what devices applied, where members are known from the conversation', () => {
    const run = new ModelRun(['alice/1', 'bob/1']);
    const chat = run.direct('alice', 'bob');
    run.send('alice/1', chat);
    const told = run.finish().filter((record) => !record.type.endsWith('-dump') && !record.by.endsWith('/fresh'));
    const options = { invariants: ['reach', 'no-phantom', 'visible-once', 'one-order'] } as const;
    expect(failing(told, options)).toEqual([]);
    const lost = edit(told, 'apply', (apply) =>
      apply.by === 'device bob/1'
        ? { ...apply, entries: apply.entries.filter(({ event }) => event?.type !== 'message.sent') }
        : apply,
    );
    expect(failing(lost, options)).toEqual(['reach']);
  });

  test('counts what is past retention and gone from the log as well as not promised', () => {
    const run = new ModelRun(['alice/1', 'bob/1'], 50);
    const chat = run.direct('alice', 'bob');
    run.send('alice/1', chat);
    run.tick(100);
    run.send('alice/1', chat);
    const gone = editShown(run.finish(), BOB, (each) => withoutEvent(each, 2));
    expect(failing(gone, { invariants: ['reach'] })).toEqual(['reach']);
    const everywhere = edit(gone, 'log-dump', (log) => ({
      ...log,
      events: log.events.filter((event) => event.conversationSeq !== 2),
    }));
    expect(failing(everywhere, { invariants: ['reach'] })).toEqual([]);
  });
});

describe('no phantom', () => {
  test('holds for a message whose send had an unknown outcome, or none', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.send('bob/1', chat, { told: 'unknown' });
    run.send('bob/1', chat, { told: 'open' });
    run.send('bob/1', chat, { told: 'fail' });
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by a refused message that is there', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const refused = run.send('bob/1', chat, { told: 'fail', stored: true });
    const records = run.finish();
    expect(failing(records)).toEqual(['no-phantom']);
    const [violation] = found(records, 'no-phantom');
    expect(violation?.subject).toMatchObject({ operationId: refused });
    expect(violation?.records.map((record) => record.type)).toEqual(['invoke', 'fail', 'log-dump']);
  });

  test('is refuted by a message nobody sent, and by one that reads differently', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const forged = run.send('alice/1', chat, { told: 'open' });
    const records = run.finish();
    expect(failing(edit(records, 'invoke', (each) => (each.operationId === forged ? undefined : each)))).toEqual([
      'no-phantom',
    ]);
    const garbled = editEvents(records, (event) =>
      event.commandId === forged && event.type === 'message.sent'
        ? { ...event, message: { type: 'text', content: { text: 'hellp' } } }
        : event,
    );
    expect(failing(garbled)).toEqual(['no-phantom']);
  });
});

describe('visible once', () => {
  test('holds for what is applied again after a reset, and for voids', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.void('bob');
    run.newEpoch();
    run.send('bob/1', chat);
    run.void('bob');
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by an entry that is applied twice', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    const twice = run.send('alice/1', chat);
    const records = run.finish().flatMap((record) => {
      const again = record.type === 'apply' && record.by === 'device bob/1';
      return again && record.entries.some(({ event }) => event?.commandId === twice) ? [record, record] : [record];
    });
    expect(failing(records)).toEqual(['visible-once']);
    expect(found(records, 'visible-once')).toHaveLength(1);
  });

  test('is refuted by a message beside its own draft', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    const clientMessageId = run.send('alice/1', chat);
    const records = edit(run.finish(), 'device-dump', (dump) =>
      dump.by === 'device alice/1' ? { ...dump, drafts: [{ clientMessageId, failed: true }] } : dump,
    );
    expect(failing(records)).toEqual(['visible-once']);
  });

  test('is refuted by a command that stands in the log twice', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    const first = run.send('alice/1', chat, { told: 'unknown' });
    const second = run.send('alice/1', chat, { told: 'unknown' });
    run.send('alice/1', chat);
    const doubled = editEvents(run.finish(), (event) =>
      event.commandId === second ? { ...event, commandId: first as typeof event.commandId } : event,
    );
    expect(failing(doubled)).toEqual(['visible-once']);
  });

  test('is refuted by an event that stands in an inbox twice', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.void('bob');
    const records = edit(run.finish(), 'inbox-dump', (dump) => ({
      ...dump,
      entries: dump.entries.map((entry, index) =>
        entry.conversationId === null ? { ...(dump.entries[index - 1] ?? entry), seq: entry.seq } : entry,
      ),
    }));
    // What a device applied as a void is an event now: that is the inbox's own fault.
    expect(failing(records)).toEqual(['visible-once', 'dense-inbox']);
  });
});

describe('stable receipt', () => {
  test('holds for a receipt that is told again, also after an unknown outcome', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    const id = run.send('alice/1', chat, { told: 'unknown' });
    run.learn('alice/1', chat, id);
    run.learn('alice/1', chat, id);
    const records = run.finish();
    expect(failing(records)).toEqual([]);
  });

  test('is refuted by a second receipt that differs', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    const id = run.send('alice/1', chat);
    run.learn('alice/1', chat, id);
    const records = edit(run.finish(), 'ok', (ok) =>
      ok.receipt && ok.at > 15 && ok === run.records.findLast((each) => each.type === 'ok')
        ? { ...ok, receipt: { ...ok.receipt, at: ok.receipt.at + 1 } }
        : ok,
    );
    expect(failing(records)).toEqual(['stable-receipt']);
    expect(found(records, 'stable-receipt')[0]?.records.map((each) => each.type)).toEqual(['ok', 'ok']);
  });

  test('is refuted by a refusal and a receipt, whatever Redis forgot in between', () => {
    for (const isWiped of [false, true]) {
      const run = new ModelRun(NAMES);
      const chat = run.group('alice/1', 'bob');
      const id = run.send('alice/1', chat, { told: 'fail', stored: true });
      if (isWiped) run.fault('redis-flush', 'redis', { over: true });
      run.learn('alice/1', chat, id);
      expect(failing(run.finish())).toContain('stable-receipt');
    }
  });

  test('is refuted by a message that is seen under another messageId', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const other = run.ids.messageId();
    const renamed = editEvents(run.finish(), (event) =>
      event.type === 'message.sent' ? { ...event, messageId: other } : event,
    );
    expect(failing(renamed)).toEqual(['stable-receipt']);
  });
});
