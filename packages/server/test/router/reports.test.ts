import { describe, expect, test } from 'vitest';
import type { OnReport } from '../../src/router/reports.ts';
import { failureOf, openMessaging } from '../support/callers.ts';
import { direct } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';

type Kinds = { text: { text: string } };
const hello = { conversationId: direct, clientMessageId: 'm1', type: 'text' as const, content: { text: 'hello' } };

/** A deployment whose application notes the reports that it takes. */
function openWithReports() {
  const taken: Parameters<OnReport<Kinds>>[0][] = [];
  const app = openMessaging({ onReport: (report) => void taken.push(report) });
  return { app, taken, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

describe('a report', () => {
  test('hands the application a copy of the message as its reporter sees it', async () => {
    await using scene = openWithReports();
    const { app, taken } = scene;
    const { conversationSeq: seq, messageId, at: sentAt } = await app.as('alice').send(hello);
    await app.as('alice').edit({ conversationId: direct, target: { seq }, type: 'text', content: { text: 'buy' } });
    const text = ' They write that to everybody. ';
    const { at } = await app.as('bob').report({ conversationId: direct, seq, reason: 'spam', text });
    expect(taken).toEqual([
      {
        reporterId: 'bob',
        at,
        reason: 'spam',
        text: text.trim(),
        message: {
          conversationId: direct,
          conversationSeq: seq,
          messageId,
          senderId: 'alice',
          sentAt,
          version: 2,
          type: 'text',
          content: { text: 'buy' },
        },
      },
    ]);
    // Nobody else hears of it.
    expect((await app.as('alice').conversations.get({ conversationId: direct })).head).toBe(3);
  });

  test('of a message that was never edited has what was sent, and no text where none was given', async () => {
    await using scene = openWithReports();
    const { conversationSeq: seq } = await scene.app.as('alice').send(hello);
    await scene.app.messaging.report({ as: 'bob', conversationId: direct, seq, reason: 'spam' });
    expect(scene.taken).toMatchObject([{ message: { version: 1, content: { text: 'hello' } } }]);
    expect(scene.taken[0]).not.toHaveProperty('text');
  });

  test('is refused of what its reporter may not see, of what was revoked, and of what is no message', async () => {
    await using scene = openWithReports();
    const { app, taken } = scene;
    const { conversationSeq: seq } = await app.as('alice').send(hello);
    const wrong = { conversationId: direct, seq, reason: 'spam' };
    expect((await failureOf(app.as('mallory').report(wrong))).message).toMatch(/^message_not_found \[seq\]/);
    expect((await failureOf(app.as('bob').report({ ...wrong, seq: 1 }))).message).toMatch(/^message_not_found \[seq\]/);
    await app.as('alice').revoke({ conversationId: direct, targets: [{ seq }] });
    expect((await failureOf(app.as('bob').report(wrong))).message).toMatch(/^revoked \[seq\]/);
    expect(taken).toEqual([]);
  });

  test.each([
    ['reason', { reason: '' }],
    ['reason', { reason: 'Very bad' }],
    ['reason', { reason: 'x'.repeat(65) }],
    ['text', { text: '  ' }],
    ['text', { text: 'x'.repeat(2_001) }],
    ['seq', { seq: 0 }],
  ])('names the field that is wrong: %s of %j', async (field, wrong) => {
    await using scene = openWithReports();
    const given = { conversationId: direct, seq: 2, reason: 'spam', ...wrong };
    expect((await failureOf(scene.app.as('bob').report(given))).message).toMatch(`invalid_input [${field}]`);
  });

  test('is forbidden where the application takes none', async () => {
    await using app = openMessaging();
    const { conversationSeq: seq } = await app.as('alice').send(hello);
    const failure = await failureOf(app.as('bob').report({ conversationId: direct, seq, reason: 'spam' }));
    expect(failure).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('onReport') });
  });

  test.each([
    ['throws', () => Promise.reject(new Error('secret')), 'secret'],
    ['takes too long', () => new Promise<void>(() => {}), 'reportTimeoutMs'],
  ])(
    'that the application cannot take, as it %s, may be made again, and its words stay here',
    async (_, onReport, words) => {
      await using app = openMessaging({ onReport, reportTimeoutMs: 50 });
      const failed = recorded(app.messaging, 'hook-failed');
      const { conversationSeq: seq } = await app.as('alice').send(hello);
      const failure = await failureOf(app.as('bob').report({ conversationId: direct, seq, reason: 'spam' }));
      expect(failure.message).toMatch(/^unavailable/);
      expect(failure.message).not.toContain(words);
      expect(failed).toMatchObject([
        { hook: 'onReport', userId: 'bob', error: { message: expect.stringContaining(words) } },
      ]);
    },
  );

  test('costs its reporter as much as ten calls, so that nobody floods those who read them', async () => {
    const taken: unknown[] = [];
    await using app = openMessaging({
      onReport: (report) => void taken.push(report),
      limits: { callsPerSecond: 0.001, callBurst: 30, bytesPerToken: 2 * 1024 * 1024 },
    });
    const { conversationSeq: seq } = await app.as('alice').send(hello);
    const report = () => app.as('bob').report({ conversationId: direct, seq, reason: 'spam' });
    for (let nth = 0; nth < 3; nth++) await report();
    expect((await failureOf(report())).message).toMatch(/^rate_limited/);
    expect(taken).toHaveLength(3);
  });
});
