import type { HistoryStore } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { failureOf, openMessaging } from '../support/callers.ts';
import { direct } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';

/** Nothing comes back within a test. */
const still = { callsPerSecond: 0.000_001 };

function text(n: number, size = 1) {
  return {
    conversationId: direct,
    clientMessageId: `m${n}`,
    type: 'text' as const,
    content: { text: 'x'.repeat(size) },
  };
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`);

describe('the rate', () => {
  test('counts who is sent what a command causes', async () => {
    await using app = openMessaging({ limits: { ...still, callBurst: 20, recipientsPerToken: 50 } });
    const { conversationId } = await app.as('alice').conversations.createGroup({ memberIds: names(499) });
    // 1 + 500 / 50 were taken: 9 are left, and the next message takes them all.
    await app.as('alice').send({ ...text(1), conversationId });
    expect(await failureOf(app.as('alice').send({ ...text(2), conversationId }))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: expect.stringMatching(/limits\.callsPerSecond.*many recipients and bytes count as more calls/),
    });
    // To another member it is a conversation like any other.
    await app.as('user-7').send({ ...text(1), conversationId: 'd:bob,user-7' });
  });

  test('counts what came with a call and what it returned, and a debt is paid before the next', async () => {
    await using app = openMessaging({
      limits: { ...still, callBurst: 10, bytesPerToken: 1_024, contentBytes: 20_000 },
    });
    await app.as('alice').send(text(1, 3_000));
    await app.as('alice').send(text(2, 7_000));
    expect((await failureOf(app.as('alice').inbox.head())).code).toBe('TOO_MANY_REQUESTS');
    const page = await app.as('bob').conversations.history({ conversationId: direct });
    expect(page.events).toHaveLength(3);
    expect(await failureOf(app.as('bob').inbox.head())).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  test('holds for reads that come together: what the first return is counted before the others begin', async () => {
    let [running, most, answered] = [0, 0, 0];
    const storage = memoryStorage();
    const history: HistoryStore = {
      ...storage.history,
      range: async (query) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        answered += 1;
        return storage.history.range(query);
      },
    };
    const limits = { ...still, callBurst: 60, bytesPerToken: 1_024, readsPerUser: 4 };
    await using app = openMessaging({ storage: { ...storage, history }, limits });
    for (let n = 0; n < 5; n++)
      await app.as(`peer-${n}`).send({ ...text(n, 8_000), conversationId: `d:alice,peer-${n}` });
    const calls = Array.from({ length: 50 }, (_, n) =>
      app.as('alice').conversations.history({ conversationId: `d:alice,peer-${n % 5}` }),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(most).toBe(4);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    // 50 tokens went with the calls; each answer takes 7 more.
    expect(answered).toBeLessThanOrEqual(5);
    expect(refused).toHaveLength(50 - answered);
    expect(answered).toBeGreaterThan(0);
  });
});

describe('in an hour', () => {
  test('a user begins so many conversations and no more, and to open one again begins none', async () => {
    await using app = openMessaging({ limits: { conversationsPerHour: 3 } });
    const reached = recorded(app.messaging, 'limit-reached');
    const alice = app.as('alice').conversations;
    await alice.createGroup({ memberIds: ['bob'] });
    for (let n = 0; n < 5; n++) await alice.openDirect({ userId: 'bob' });
    await alice.openDirect({ userId: 'carol' });
    for (const call of [alice.createGroup({ memberIds: [] }), alice.openDirect({ userId: 'dora' })]) {
      expect(await failureOf(call)).toEqual({
        code: 'TOO_MANY_REQUESTS',
        message: 'rate_limited: at most 3 new conversations an hour (limits.conversationsPerHour)',
      });
    }
    await alice.openDirect({ userId: 'bob' });
    await app.as('bob').conversations.createGroup({ memberIds: ['alice'] });
    expect(reached).toEqual([{ limit: 'limits.conversationsPerHour', userId: 'alice' }]);
  });

  test('others put a user into so many conversations and no more, whoever they are', async () => {
    await using app = openMessaging({ limits: { invitationsPerHour: 2 } });
    await app.as('m1').conversations.createGroup({ memberIds: ['victim'] });
    const { conversationId } = await app.as('m2').conversations.createGroup({ memberIds: ['other'] });
    await app.as('m2').conversations.addMembers({ conversationId, memberIds: ['victim'] });
    expect(
      await failureOf(app.as('m3').conversations.createGroup({ memberIds: ['another', 'victim', 'other'] })),
    ).toEqual({
      code: 'TOO_MANY_REQUESTS',
      message:
        'rate_limited [memberIds.1]: others have put victim into 2 conversations within an hour (limits.invitationsPerHour)',
    });
    // Nothing was counted for those who were named with them, and a user may begin what they like.
    for (let n = 0; n < 2; n++) await app.as('m3').conversations.createGroup({ memberIds: ['another'] });
    await app.as('victim').conversations.createGroup({ memberIds: ['victim', 'm1'] });
  });
});

test('an input that unfolds to more than a frame may hold is refused before its schema sees it', async () => {
  await using app = openMessaging({ limits: { contentBytes: 5_000, frameBytes: 10_000, parametersBytes: 1_000 } });
  const reached = recorded(app.messaging, 'limit-reached');
  const shared = new Array(100).fill('x');
  const unfolding = new Array(100).fill(shared);
  const content = { text: unfolding as unknown as string };
  expect(await failureOf(app.as('alice').send({ ...text(1), content }))).toEqual({
    code: 'BAD_REQUEST',
    message: 'invalid_input [input]: must be at most 10000 bytes of JSON (limits.frameBytes)',
  });
  expect(reached).toEqual([{ limit: 'limits.frameBytes', userId: 'alice' }]);
});
