import { peerOf, type UserId } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { failureOf, openMessaging } from '../support/callers.ts';
import { direct } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const hello = { conversationId: direct, clientMessageId: 'm1', type: 'text' as const, content: { text: 'hi' } };

describe('the application’s rule', () => {
  test('is asked about every command before it is queued, and about nothing else', async () => {
    const asked: string[] = [];
    await using app = openMessaging({
      authorize: (actor, command) => {
        asked.push(`${actor} ${command.type}`);
        return true;
      },
    });
    const alice = app.as('alice');
    const { conversationId } = await alice.conversations.createGroup({ memberIds: ['bob'] });
    await alice.conversations.addMembers({ conversationId, memberIds: ['carol'] });
    await alice.conversations.removeMembers({ conversationId, memberIds: ['carol'] });
    await alice.conversations.openDirect({ userId: 'bob' });
    await alice.send(hello);
    await app.as('bob').conversations.markRead({ conversationId: direct, readSeq: 2 });
    await app.as('bob').conversations.leave({ conversationId });
    const written = asked.splice(0);
    expect(written).toEqual([
      'alice conversation.create',
      'alice members.add',
      'alice members.remove',
      'alice conversation.create',
      'alice message.send',
      'bob read.mark',
      'bob members.remove',
    ]);
    await alice.conversations.list({});
    await alice.conversations.history({ conversationId: direct });
    // Refused before, and no question for the application.
    await failureOf(app.as('mallory').send(hello));
    await failureOf(alice.send({ ...hello, content: { text: 7 as unknown as string } }));
    expect(asked).toEqual([]);
  });

  test('that refuses leaves nothing behind, and its words reach the caller', async () => {
    let answer: boolean | { refuse: string } = false;
    await using app = openMessaging({ authorize: async () => answer });
    expect(await failureOf(app.as('alice').send(hello))).toEqual({
      code: 'FORBIDDEN',
      message: 'forbidden: the application does not allow this',
    });
    answer = { refuse: 'bob has not accepted your request' };
    expect(await failureOf(app.as('alice').send(hello))).toEqual({
      code: 'FORBIDDEN',
      message: 'forbidden: bob has not accepted your request',
    });
    expect((await app.as('alice').conversations.list({})).conversations).toEqual([]);
    answer = true;
    expect(await app.as('alice').send(hello)).toMatchObject({ conversationSeq: 2 });
  });

  test('that forgets to answer allows nothing', async () => {
    await using app = openMessaging({ authorize: (() => undefined) as never });
    expect(await failureOf(app.as('alice').send(hello))).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('that throws fails the call, and its words stay on the server', async () => {
    await using app = openMessaging({
      authorize: () => {
        throw new Error('contacts table is gone');
      },
    });
    expect(await failureOf(app.as('alice').send(hello))).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'internal error',
    });
  });

  test('that hangs makes the call fail as unavailable, to be tried again', async () => {
    const clock = new ManualClock();
    let hangs = true;
    await using app = openMessaging({
      clock,
      authorizeTimeoutMs: 500,
      authorize: () => (hangs ? new Promise<boolean>(() => {}) : true),
    });
    const reached = recorded(app.messaging, 'limit-reached');
    await app.messaging.ready();
    const { message } = await clock.finish(failureOf(app.as('alice').send(hello)));
    expect(message).toBe('unavailable: authorize took more than 500 ms (authorizeTimeoutMs)');
    expect(reached).toEqual([{ limit: 'authorizeTimeoutMs', userId: 'alice' }]);
    hangs = false;
    expect(await clock.finish(app.as('alice').send(hello))).toMatchObject({ conversationSeq: 2 });
  });

  test('may be that people write to their contacts alone', async () => {
    const contacts = new Map([
      ['alice', new Set(['bob'])],
      ['bob', new Set(['alice'])],
    ]);
    const mayReach = (actor: UserId, others: readonly UserId[]) =>
      others.every((other) => other === actor || contacts.get(actor)?.has(other));
    await using app = openMessaging({
      authorize: (actor, command) => {
        switch (command.type) {
          case 'conversation.create':
          case 'members.add':
            return mayReach(actor, command.memberIds) || { refuse: 'add each other as contacts first' };
          case 'message.send': {
            const peer = peerOf(command.conversationId, actor);
            return peer === undefined || mayReach(actor, [peer]);
          }
          default:
            return true;
        }
      },
    });
    const alice = app.as('alice');
    await alice.send(hello);
    await alice.conversations.createGroup({ memberIds: ['bob'] });
    expect(await failureOf(app.as('carol').send({ ...hello, conversationId: 'd:bob,carol' }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    for (const call of [
      alice.conversations.openDirect({ userId: 'carol' }),
      alice.conversations.createGroup({ memberIds: ['bob', 'carol'] }),
    ]) {
      expect((await failureOf(call)).message).toBe('forbidden: add each other as contacts first');
    }
  });
});
