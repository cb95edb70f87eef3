import { describe, expect, test } from 'vitest';
import type { DumpedConversation, HistoryRecord } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, editShown, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1'];

/** alice sends one message, edits it twice, and sends another. */
function edited(): HistoryRecord[] {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob');
  const message = run.send('alice/1', chat);
  run.edit('alice/1', chat, message);
  run.send('bob/1', chat);
  run.edit('alice/2', chat, message);
  run.send('alice/1', chat);
  return run.finish();
}

function withVersion(shown: DumpedConversation, version: number | undefined): DumpedConversation {
  if (!shown.edited) return shown;
  return { ...shown, edited: version === undefined ? [] : shown.edited.map((each) => ({ ...each, version })) };
}

describe('latest edit', () => {
  test('holds for edits from two devices, seen by all', () => {
    expect(failing(edited())).toEqual([]);
  });

  test.each([
    ['an older version', 2],
    ['what was sent', undefined],
    ['a version that nobody made', 9],
  ])('is refuted by a device that shows %s, long-lived or fresh', (_, version) => {
    for (const deviceId of ['bob-1/1', 'bob-1/fresh']) {
      const records = editShown(edited(), deviceId, (shown) => withVersion(shown, version));
      expect(failing(records)).toEqual(['latest-edit']);
      expect(found(records, 'latest-edit')).toHaveLength(1);
    }
  });

  test('is refuted by a log in which a version comes twice, or the edit is another user’s', () => {
    const changed = (change: object) =>
      edit(edited(), 'log-dump', (log) => ({
        ...log,
        events: log.events.map((event) =>
          event.type === 'message.edited' && event.version === 3 ? { ...event, ...change } : event,
        ),
      }));
    expect(failing(changed({ version: 2 }))).toContain('latest-edit');
    expect(failing(changed({ actorId: 'bob-1' }))).toContain('latest-edit');
  });

  test('is judged where a device has an event that the log has lost', () => {
    const records = edit(edited(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter((event) => event.conversationSeq < 3),
    }));
    expect(failing(records)).toContain('latest-edit');
  });

  test('an acknowledged edit that is not in the log was not stored', () => {
    const records = edit(edited(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter((event) => event.type !== 'message.edited' || event.version !== 3),
    }));
    expect(failing(records)).toContain('acknowledged-stored');
  });
});
