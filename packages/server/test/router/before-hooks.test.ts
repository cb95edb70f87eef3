import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createMessaging } from '../../src/create-messaging.ts';
import { failureOf, openMessaging } from '../support/callers.ts';
import { direct } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const hello = { conversationId: direct, clientMessageId: 'm1', type: 'text' as const, content: { text: 'hi' } };

describe('a hook of the application', () => {
  test('that answers nothing lets the command through; each type of command has its own', async () => {
    const asked: string[] = [];
    const note = ({ type }: { type: string }) => {
      asked.push(type);
      return undefined;
    };
    await using app = openMessaging({
      hooks: {
        beforeSend: note,
        beforeEdit: note,
        beforeReact: note,
        beforeRevoke: note,
        beforeCreate: note,
        beforeAddMembers: note,
        beforeRemoveMembers: note,
        beforeMarkRead: note,
      },
    });
    const alice = app.as('alice');
    const { conversationSeq } = await alice.send(hello);
    await alice.edit({
      conversationId: direct,
      target: { seq: conversationSeq },
      type: 'text',
      content: { text: 'ho' },
    });
    await alice.react({ conversationId: direct, target: { seq: conversationSeq }, key: '👍' });
    await alice.revoke({ conversationId: direct, targets: [{ seq: conversationSeq }] });
    const { conversationId } = await alice.conversations.createGroup({ memberIds: ['bob'] });
    await alice.conversations.addMembers({ conversationId, memberIds: ['carol'] });
    await alice.conversations.removeMembers({ conversationId, memberIds: ['carol'] });
    await app.as('bob').conversations.markRead({ conversationId: direct, readSeq: conversationSeq });
    expect(asked).toEqual([
      'message.send',
      'message.edit',
      'reaction.set',
      'message.revoke',
      'conversation.create',
      'members.add',
      'members.remove',
      'read.mark',
    ]);
  });

  test('that replaces a message has that one stored, for its sender too', async () => {
    await using app = openMessaging({
      hooks: {
        beforeSend: async ({ message }) => ({
          replace: { type: 'text', content: { text: message.content.text.replace('darn', '****') } },
        }),
        beforeEdit: () => ({ replace: { type: 'text', content: { text: 'edited' } } }),
      },
    });
    const alice = app.as('alice');
    const { conversationSeq } = await alice.send({ ...hello, content: { text: 'darn it' } });
    await alice.edit({
      conversationId: direct,
      target: { seq: conversationSeq },
      type: 'text',
      content: { text: 'x' },
    });
    const { events, registers } = await alice.conversations.history({ conversationId: direct });
    expect(events.find((event) => event.type === 'message.sent')).toMatchObject({
      message: { content: { text: '**** it' } },
    });
    expect(registers).toMatchObject([{ value: { message: { content: { text: 'edited' } } } }]);
  });

  test('that replaces who is in a group, or its title, is checked like a caller', async () => {
    let memberIds = ['bob', 'carol'];
    await using app = openMessaging({
      hooks: {
        beforeCreate: ({ title }) => ({ replace: { title: `${title} (staff)` } }),
        beforeAddMembers: () => ({ replace: { memberIds } }),
      },
    });
    const failed = recorded(app.messaging, 'hook-failed');
    const alice = app.as('alice');
    const { conversationId } = await alice.conversations.createGroup({ title: 'Lunch', memberIds: ['bob'] });
    expect(await alice.conversations.get({ conversationId })).toMatchObject({ title: 'Lunch (staff)' });
    await alice.conversations.addMembers({ conversationId, memberIds: ['dave'] });
    const { members } = await alice.conversations.members({ conversationId });
    expect(members.map(({ userId }) => userId)).toEqual(['alice', 'bob', 'carol']);
    memberIds = ['not a user id'];
    // The caller gave nothing of it: what is wrong with it is for the application to read.
    expect(await failureOf(alice.conversations.addMembers({ conversationId, memberIds: ['dave'] }))).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'internal error',
    });
    expect(failed).toMatchObject([{ hook: 'beforeAddMembers', userId: 'alice' }]);
  });

  test('that replaces who is in a group has those counted among the quotas, and not whom the caller named', async () => {
    await using app = openMessaging({
      limits: { invitationsPerHour: 1 },
      hooks: { beforeCreate: () => ({ replace: { memberIds: ['bob'] } }) },
    });
    const alice = app.as('alice');
    await alice.conversations.createGroup({ memberIds: ['carol'] });
    expect(await failureOf(alice.conversations.createGroup({ memberIds: ['dave'] }))).toEqual({
      code: 'TOO_MANY_REQUESTS',
      message: expect.stringContaining('others have put bob into 1 conversations'),
    });
  });

  test('that refuses says why in words and in a code, and leaves nothing behind', async () => {
    await using app = openMessaging({
      hooks: { beforeSend: () => ({ refuse: 'mind your language', reason: 'profanity' }) },
    });
    const alice = app.as('alice');
    expect(await failureOf(alice.send(hello))).toEqual({
      code: 'FORBIDDEN',
      message: 'forbidden (profanity): mind your language',
    });
    expect((await alice.conversations.list({})).conversations).toEqual([]);
  });

  test.each([
    ['a reason that is none', () => ({ refuse: 'no', reason: 'Two Words' })],
    ['an answer that is none', () => true as never],
    [
      'a replacement that its schema refuses',
      () => ({ replace: { type: 'text' as const, content: { text: 7 as never } } }),
    ],
  ] as const)('that gives %s fails the call, and its words stay on the server', async (_, beforeSend) => {
    await using app = openMessaging({ hooks: { beforeSend } });
    const failed = recorded(app.messaging, 'hook-failed');
    expect(await failureOf(app.as('alice').send(hello))).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'internal error',
    });
    expect(failed).toMatchObject([{ hook: 'beforeSend', userId: 'alice' }]);
    expect((await app.as('alice').conversations.list({})).conversations).toEqual([]);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('no route to 10.0.0.7'))],
    [
      'throws',
      () => {
        throw new Error('no route to 10.0.0.7');
      },
    ],
  ] as const)(
    'that %s is an outage, after which clients repeat the call, and its words stay on the server',
    async (_, beforeSend) => {
      await using app = openMessaging({ hooks: { beforeSend } });
      const failed = recorded(app.messaging, 'hook-failed');
      expect(await failureOf(app.as('alice').send(hello))).toEqual({
        code: 'INTERNAL_SERVER_ERROR',
        message: 'unavailable: beforeSend of the application failed',
      });
      expect(failed).toMatchObject([
        { hook: 'beforeSend', userId: 'alice', error: { message: 'no route to 10.0.0.7' } },
      ]);
      expect((await app.as('alice').conversations.list({})).conversations).toEqual([]);
    },
  );

  test.each([
    [undefined, 'unavailable: beforeSend took more than 500 ms (hooks.timeoutMs)'],
    ['retry', 'unavailable: beforeSend took more than 500 ms (hooks.timeoutMs)'],
    ['refuse', 'forbidden: the application did not decide in time'],
  ] as const)('that hangs, with onTimeout %s, is %s', async (onTimeout, expected) => {
    const clock = new ManualClock();
    await using app = openMessaging({
      clock,
      hooks: { timeoutMs: 500, onTimeout, beforeSend: () => new Promise(() => {}) },
    });
    const failed = recorded(app.messaging, 'hook-failed');
    await app.messaging.ready();
    const { message } = await clock.finish(failureOf(app.as('alice').send(hello)));
    expect(message).toBe(expected);
    expect(failed).toMatchObject([{ hook: 'beforeSend' }]);
  });

  test('that hangs may let through what it did not judge', async () => {
    const clock = new ManualClock();
    await using app = openMessaging({
      clock,
      hooks: { timeoutMs: 500, onTimeout: 'accept', beforeSend: () => new Promise(() => {}) },
    });
    await app.messaging.ready();
    expect(await clock.finish(app.as('alice').send(hello))).toMatchObject({ conversationSeq: 2 });
  });

  test('runs again for a repeat, and what was stored first stands', async () => {
    let count = 0;
    await using app = openMessaging({
      hooks: { beforeSend: () => ({ replace: { type: 'text', content: { text: `take ${++count}` } } }) },
    });
    const alice = app.as('alice');
    const receipt = await alice.send(hello);
    expect(await alice.send(hello)).toEqual(receipt);
    expect(count).toBe(2);
    const { events } = await alice.conversations.history({ conversationId: direct });
    expect(events.filter((event) => event.type === 'message.sent')).toMatchObject([
      { message: { content: { text: 'take 1' } } },
    ]);
  });

  test.each([
    [{ beforeSent: () => undefined }, /hooks.*beforeSent/],
    [{ beforeSend: 'yes' }, /hooks\.beforeSend.*function/],
    [{ timeoutMs: 1 }, /hooks\.timeoutMs.*10/],
    [{ onTimeout: 'shrug' }, /hooks\.onTimeout/],
  ])('that is none is refused at once: %j', (hooks, expected) => {
    const options = { content: { text: z.object({ text: z.string() }) }, storage: memoryStorage() };
    expect(() => createMessaging({ ...options, hooks: hooks as never })).toThrow(expected);
  });
});
