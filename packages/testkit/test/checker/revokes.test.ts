import type { Event } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, editShown, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1'];

/** #2 a message, #3 its edit, #4 a reaction to it, #5 its revoke, asked for twice; #6 another message. */
function revoked(): { records: HistoryRecord[]; emitted: readonly Event[] } {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob');
  const message = run.send('alice/1', chat);
  run.edit('alice/2', chat, message);
  run.react('bob/1', chat, message, '👍');
  run.revoke('alice/1', chat, message);
  run.revoke('alice/2', chat, message);
  run.send('bob/1', chat);
  return { records: run.finish(), emitted: chat.emitted };
}

/** The places hold what they held before the revoke. */
function restoring(events: readonly Event[], ...places: readonly number[]): (all: readonly Event[]) => Event[] {
  const before = new Map(events.map((event) => [event.conversationSeq as number, event]));
  return (all) =>
    all.map((event) => (places.includes(event.conversationSeq) ? (before.get(event.conversationSeq) as Event) : event));
}

describe('tombstones win', () => {
  test('holds for a message that was edited and reacted to, seen by all before and after', () => {
    expect(failing(revoked().records)).toEqual([]);
  });

  test.each([
    ['the message', 2],
    ['its edit', 3],
  ])('is refuted by a log that holds what %s said', (_, place) => {
    const { records, emitted } = revoked();
    const tampered = edit(records, 'log-dump', (log) => ({ ...log, events: restoring(emitted, place)(log.events) }));
    expect(found(tampered, 'tombstones-win').map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(new RegExp(`^the log: #${place} .* holds what was revoked`)),
    );
  });

  test.each([
    ['the message', 2],
    ['its edit', 3],
  ])('is refuted by a device that holds what %s said, long-lived or fresh', (_, place) => {
    for (const device of ['bob-1/1', 'bob-1/fresh']) {
      const { records, emitted } = revoked();
      const tampered = editShown(records, device, (shown) => ({
        ...shown,
        events: restoring(emitted, place)(shown.events),
      }));
      expect(found(tampered, 'tombstones-win')).toHaveLength(1);
    }
  });

  test('is refuted by a device that shows no tombstone, or one of another message, and it alone', () => {
    for (const [places, violations] of [
      [[], 1],
      [[2, 6], 1],
      [[6], 2],
    ] as const) {
      const { records } = revoked();
      const tampered = editShown(records, 'bob-1/fresh', (shown) => ({ ...shown, revoked: places }));
      expect(failing(tampered)).toEqual(['tombstones-win']);
      expect(found(tampered, 'tombstones-win')).toHaveLength(violations);
    }
  });

  test('is refuted by a log in which something is said of it later', () => {
    const { records } = revoked();
    const tampered = edit(records, 'log-dump', (log) => ({
      ...log,
      events: log.events.map((event) =>
        event.conversationSeq === 6
          ? ({
              ...event,
              type: 'message.edited',
              targetSeq: 2,
              version: 3,
              message: { type: 'text', content: {} },
            } as Event)
          : event,
      ),
    }));
    expect(found(tampered, 'tombstones-win').map(({ sentence }) => sentence)).toContainEqual(
      expect.stringContaining('says something of what was revoked before'),
    );
  });

  test('is refuted by a revoke that was acknowledged and is not in the log', () => {
    const { records, emitted } = revoked();
    const tampered = edit(records, 'log-dump', (log) => ({
      ...log,
      events: restoring(emitted, 2, 3)(log.events).filter(({ type }) => type !== 'message.revoked'),
    }));
    expect(found(tampered, 'tombstones-win').map(({ sentence }) => sentence)).toContainEqual(
      expect.stringContaining('was acknowledged, but'),
    );
  });
});
