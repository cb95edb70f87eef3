import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSessions } from '../../examples/chat-web/server/sessions.ts';
import { TokenBuckets } from '../../examples/chat-web/server/token-buckets.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const DAY = 24 * 3_600_000;

describe('the sessions of the chat', () => {
  let folder: string;
  let now: number;
  let ended: string[];
  beforeEach(async () => {
    folder = await makeTempFolder();
    now = Date.UTC(2026, 0, 1);
    ended = [];
  });
  afterEach(() => removeTempFolder(folder));

  const open = (limits = { sessions: 100, sessionsPerUser: 3 }) =>
    openSessions(
      join(folder, 'sessions.json'),
      limits,
      ({ userId }, why) => ended.push(`${userId} ${why}`),
      () => now,
    );

  test('a token is good until its session is ended, also after a restart', () => {
    const sessions = open();
    const [first, second] = [sessions.begin('alice'), sessions.begin('alice')];
    expect(sessions.find(first)?.userId).toBe('alice');
    sessions.end(sessions.find(first) ?? expect.fail('it is there'));
    expect(ended).toEqual(['alice signed-out']);
    for (const each of [sessions, open()]) {
      expect(each.find(first)).toBeUndefined();
      expect(each.find(second)?.userId).toBe('alice');
    }
  });

  test('a token expires by itself, and what it has open is ended then', () => {
    const sessions = open();
    const token = sessions.begin('bob');
    now += 29 * DAY;
    sessions.sweep();
    expect(sessions.find(token)?.userId).toBe('bob');
    now += DAY;
    expect(sessions.find(token)).toBeUndefined();
    sessions.sweep();
    expect(ended).toEqual(['bob expired']);
  });

  test('its file tells no token', async () => {
    const token = open().begin('carol');
    const text = await readFile(join(folder, 'sessions.json'), 'utf8');
    expect(text).toContain('carol');
    expect(text).not.toContain(token);
  });

  test.each([undefined, null, '', 'alice', 'of.another.server', 'a'.repeat(100_000)])('%s is no token', (token) => {
    const sessions = open();
    sessions.begin('alice');
    expect(sessions.find(token)).toBeUndefined();
  });

  test('one sign-in more than a user may have ends the oldest of that user alone', () => {
    const sessions = open();
    const other = sessions.begin('bob');
    const tokens = [1, 2, 3, 4].map(() => sessions.begin('alice'));
    expect(tokens.map((token) => sessions.find(token) !== undefined)).toEqual([false, true, true, true]);
    expect(sessions.find(other)).toBeDefined();
    expect(ended).toEqual(['alice displaced']);
  });

  test('when too many are signed in, nobody is signed out for another', () => {
    const sessions = open({ sessions: 2, sessionsPerUser: 3 });
    const tokens = [sessions.begin('alice'), sessions.begin('bob')];
    expect(() => sessions.begin('carol')).toThrow('limits.sessions');
    for (const token of tokens) expect(sessions.find(token)).toBeDefined();
  });
});

describe('a bucket of tokens', () => {
  test('gives so many at once, then one after the time it names, to each key its own', () => {
    let now = 0;
    const buckets = new TokenBuckets({ burst: 2, perSecond: 4 }, () => now);
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a'), buckets.take('b')]).toEqual([0, 0, 250, 0]);
    now += 125;
    expect(buckets.take('a')).toBe(125);
    now += 125;
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 250]);
  });

  test('never holds more than its burst', () => {
    let now = 0;
    const buckets = new TokenBuckets({ burst: 2, perSecond: 4 }, () => now);
    buckets.take('a');
    now += 3_600_000;
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 250]);
  });
});
