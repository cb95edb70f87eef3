import type { Event, UserId } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { DumpedReaction, HistoryRecord } from '../../src/checker/history.ts';
import { ModelRun } from './model-run.ts';
import { edit, editShown, failing, found } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1', 'carol/1', 'dave/1', 'erin/1'];

/** alice sends a message; four react to it with 👍, alice from two devices, and dave takes it back, twice; carol has another key, too. */
function reacted(): HistoryRecord[] {
  const run = new ModelRun(NAMES);
  const chat = run.group('alice/1', 'bob', 'carol', 'dave', 'erin');
  const message = run.send('alice/1', chat);
  run.react('bob/1', chat, message, '👍');
  run.react('alice/1', chat, message, '👍');
  run.react('alice/2', chat, message, '👍');
  run.react('carol/1', chat, message, '👍');
  run.react('dave/1', chat, message, '👍');
  run.react('carol/1', chat, message, '❤️');
  run.react('dave/1', chat, message, '👍', false);
  run.react('dave/1', chat, message, '👍', false);
  run.react('carol/1', chat, message, '❤️', false);
  run.react('carol/1', chat, message, '❤️');
  run.send('bob/1', chat);
  return run.finish();
}

/** What a device shows of 👍, changed. */
function shownWith(deviceId: string, change: Partial<DumpedReaction>): HistoryRecord[] {
  return editShown(reacted(), deviceId, (shown) => {
    const reactions = (shown.reactions ?? []).map((each) => (each.key === '👍' ? { ...each, ...change } : each));
    return { ...shown, reactions };
  });
}

/** The log, with an event of it changed. */
function loggedWith(conversationSeq: number, change: object): HistoryRecord[] {
  return edit(reacted(), 'log-dump', (log) => ({
    ...log,
    events: log.events.map((event) =>
      event.conversationSeq === conversationSeq ? ({ ...event, ...change } as Event) : event,
    ),
  }));
}

/** Whom the device of `erin` is shown. */
const NEWEST = ['carol-1', 'alice-1', 'bob-1'] as UserId[];

describe('reaction count', () => {
  test('holds for switches of several users and devices, repeated or not, seen by all', () => {
    expect(failing(reacted())).toEqual([]);
  });

  test.each<readonly [string, Partial<DumpedReaction>]>([
    ['a count of before', { count: 2 }],
    ['a key that nobody reacted with', { key: '👎' }],
    ['one’s own reaction as that of others', { mine: false }],
    ['the newest in another order', { newest: [...NEWEST].reverse() }],
    ['somebody among the newest who took it back', { newest: ['dave-1' as UserId, ...NEWEST.slice(0, 2)] }],
  ])('is refuted by a device that shows %s, long-lived or fresh', (_, change) => {
    for (const deviceId of ['bob-1/1', 'bob-1/fresh']) {
      const records = shownWith(deviceId, change);
      expect(failing(records)).toEqual(['reaction-count']);
      expect(found(records, 'reaction-count')).toHaveLength(1);
    }
  });

  test('is refuted by a device that shows a reaction of others as its user’s own', () => {
    expect(failing(shownWith('erin-1/1', { mine: true }))).toEqual(['reaction-count']);
  });

  test('is refuted by a device that shows no reactions', () => {
    const records = editShown(reacted(), 'erin-1/fresh', (shown) => ({ ...shown, reactions: [] }));
    expect(failing(records)).toEqual(['reaction-count']);
  });

  // #3 bob, #4 alice, #5 carol, #6 dave, #7 carol with another key, #8 dave takes it back, #9 and #10 carol the other key off and on.
  test.each<readonly [string, number, object]>([
    ['counts one more', 4, { count: 3 }],
    ['names somebody who took it back', 8, { newest: ['dave-1', 'carol-1', 'alice-1'] }],
    ['names the newest in another order', 8, { newest: [...NEWEST].reverse() }],
    ['names fewer than it could', 8, { newest: NEWEST.slice(0, 2) }],
    ['begins anew although somebody has it on', 4, { since: 4 }],
    ['counts somebody who has taken the last one back', 9, { count: 1, newest: ['carol-1'] }],
  ])('is refuted by a log with an event that %s', (_, conversationSeq, change) => {
    const records = loggedWith(conversationSeq, change);
    expect(found(records, 'reaction-count').map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(new RegExp(`^#${conversationSeq} of `)),
    ]);
  });

  test.each<readonly [string, number, object]>([
    ['on that was on', 4, { actorId: 'bob-1', count: 1, newest: ['bob-1'] }],
    ['off that was off', 8, { actorId: 'erin-1', count: 4, newest: ['dave-1', 'carol-1', 'alice-1'] }],
  ])('is refuted by a log that switches a reaction %s, whatever it counts', (_, conversationSeq, change) => {
    const [first] = found(loggedWith(conversationSeq, change), 'reaction-count');
    expect(first?.sentence).toMatch(new RegExp(`^#${conversationSeq} of `));
  });

  test('is judged where a device has a message that the log has lost', () => {
    const records = edit(reacted(), 'log-dump', (log) => ({
      ...log,
      events: log.events.filter((event) => event.conversationSeq < 2),
    }));
    expect(failing(records)).toContain('reaction-count');
  });
});
