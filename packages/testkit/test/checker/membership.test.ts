import type { ConversationId, Event, Seq } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'bob/1', 'carol/1'];

/** As if the last event of the conversation had been delivered to the user as well, consistently. */
function leak(records: readonly HistoryRecord[], userId: string, event: Event): HistoryRecord[] {
  const { conversationId, conversationSeq } = event;
  const inboxes = edit(records, 'inbox-dump', (dump) => {
    if (dump.userId !== userId) return dump;
    const seq = (dump.head + 1) as Seq;
    return { ...dump, head: seq, entries: [...dump.entries, { seq, conversationId, conversationSeq }] };
  });
  return inboxes;
}

describe('removal fence', () => {
  test('holds for who gets the event that removed them, and all after they were let in again', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob', 'carol');
    run.send('alice/1', chat);
    run.remove('alice/1', chat, 'bob');
    run.send('carol/1', chat);
    run.add('alice/1', chat, 'bob');
    run.send('carol/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by an inbox, and by a device, that has what was said meanwhile', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob', 'carol');
    run.remove('alice/1', chat, 'bob');
    run.send('carol/1', chat);
    const event = chat.events.at(-1) as Event;
    const records = run.finish();
    const inInbox = leak(records, run.user('bob'), event);
    expect(failing(inInbox)).toEqual(['removal-fence']);
    expect(found(inInbox, 'removal-fence')[0]?.sentence).toContain('out of the conversation since #2');
    const onDevice = edit(records, 'device-dump', (dump) =>
      dump.by === 'device bob/1'
        ? { ...dump, conversations: dump.conversations.map((each) => ({ ...each, events: [...each.events, event] })) }
        : dump,
    );
    expect(failing(onDevice)).toEqual(['removal-fence']);
  });
});

describe('no cross-talk', () => {
  test('holds for who joins late and sees nothing from before', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.add('alice/1', chat, 'carol');
    run.send('alice/1', chat);
    expect(failing(run.finish())).toEqual([]);
  });

  test('is refuted by an entry in the inbox of a stranger, and by what was said before a member joined', () => {
    const run = new ModelRun(NAMES);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    const before = chat.events.at(-1) as Event;
    const records = run.finish();
    expect(failing(leak(records, run.user('carol'), before))).toEqual(['no-cross-talk']);

    const late = new ModelRun(NAMES);
    const talk = late.group('alice/1', 'bob');
    late.send('alice/1', talk);
    const early = talk.events.at(-1) as Event;
    late.add('alice/1', talk, 'carol');
    const leaked = leak(late.finish(), late.user('carol'), early);
    expect(failing(leaked, { invariants: ['no-cross-talk', 'removal-fence'] })).toEqual(['no-cross-talk']);
  });

  test("is refuted without any log by a device that shows what is another user's", () => {
    const run = new ModelRun(NAMES);
    const chat = run.direct('alice', 'bob');
    run.send('alice/1', chat);
    const event = chat.events.at(-1) as Event;
    const told = edit(run.finish(), 'log-dump', () => undefined);
    const options = { invariants: ['no-cross-talk'] } as const;
    expect(failing(told, options)).toEqual([]);
    const shown = edit(told, 'device-dump', (dump) => {
      if (dump.by !== 'device carol/1') return dump;
      const conversationId = chat.conversationId as ConversationId;
      const row = { conversationId, member: true, head: 2, joinedSeq: 1, readSeq: 0, unread: 1, events: [event] };
      return { ...dump, conversations: [row] };
    });
    expect(failing(shown, options)).toEqual(['no-cross-talk']);
  });
});
