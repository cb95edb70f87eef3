import { parseUserId, type ReactionChanged } from '@tidemark/core';
import { reactionCountsIn, reactorsIn } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { connectHttp } from '../support/app.ts';
import { startDeployment } from '../support/deployment.ts';
import { sendUntilReceipt, untilDone } from '../support/send-until-receipt.ts';

/** `npm run test:long` has as many as one of the largest groups; every change is a row in each inbox. */
const USERS = process.env.TIDEMARK_LONG ? 1_000 : 150;
/** Callers at the same time. */
const AT_ONCE = 40;
const KEY = '👍';

test(`${USERS} users switch one reaction, a third of them more than once, and a worker is killed with -9: each is counted once`, async () => {
  await using deployment = await startDeployment();
  const limits = { inboxMembers: USERS, invitationsPerHour: 10 };
  const [gateway, doomed] = await Promise.all([
    deployment.start({ settings: { worker: false, limits } }),
    deployment.start({ settings: { limits }, kill: 'after-commit' }),
  ]);
  const users = Array.from({ length: USERS }, (_, nth) => parseUserId(`user${nth}`));
  const chatOf = (user: string) => connectHttp(gateway.wsUrl.replace('ws:', 'http:'), user).chat;
  const { client, record } = await deployment.follow(gateway, 'user0');
  const memberIds = users.slice(1);
  const { conversationId } = await untilDone(() =>
    client.trpc.chat.conversations.createGroup.mutate({ memberIds, commandId: 'group' }),
  );
  const sent = { conversationId, clientMessageId: 'liked', text: 'who likes this?' };
  const { conversationSeq: seq } = await sendUntilReceipt(client, sent);

  const react = (user: string, nth: number, on = true) =>
    untilDone(() =>
      chatOf(user).react.mutate({ conversationId, target: { seq }, key: KEY, on, commandId: `${user}-${nth}` }),
    );
  const jobs = users.map((user, nth) => async () => {
    await react(user, 1);
    // The same again, as after a lost answer; another that wants the same; off, and on again.
    if (nth % 10 === 1) await react(user, 1);
    if (nth % 10 === 2) await react(user, 2);
    if (nth % 10 !== 3) return;
    await react(user, 2, false);
    await react(user, 3);
  });
  const half = Math.floor(jobs.length / 2);
  await inTurns(jobs.splice(0, half));
  const killing = sendUntilReceipt(client, { conversationId, clientMessageId: 'kill', text: 'KILL' });
  const rest = inTurns(jobs);
  expect(await doomed.ended).toBe('SIGKILL');
  await deployment.start({ settings: { limits } });
  await Promise.all([killing, rest]);

  const { history } = deployment.storage;
  const of = [{ conversationId, target: seq, name: 'reaction', key: KEY } as const];
  const owners = (await history.owners({ of, limit: 2 * USERS })).map(({ owner }) => owner);
  expect(new Set(owners)).toEqual(new Set(users));
  expect(owners).toHaveLength(USERS);

  const changes = () => record.of(conversationId).filter((event) => event.type === 'reaction.changed');
  // A poll says how many have, where it ends in vain.
  await expect.poll(() => changes().length).toBe(USERS + 2 * (USERS / 10));
  const events = changes() as ReactionChanged[];
  const all = reactorsIn(events, seq).get(KEY);
  expect(all?.users).toHaveLength(USERS);
  let count = 0;
  for (const [index, event] of events.entries()) {
    count += event.on ? 1 : -1;
    expect(event.count, `at ${event.conversationSeq}`).toBe(count);
    if (index > 0) expect(event.conversationSeq).toBeGreaterThan(events[index - 1]?.conversationSeq ?? 0);
  }
  const last = reactionCountsIn(events, seq).get(KEY);
  expect(last).toMatchObject({ count: USERS, newest: events.at(-1)?.newest });

  for (const userId of [users[0], users[13], users[USERS - 1]] as typeof users) {
    const { registers } = await history.range({ userId, conversationId, after: seq - 1, limit: 1 });
    expect(registers.map(({ name, owner, value }) => [name, owner, value])).toEqual([
      ['reactions', null, last],
      ['reaction', userId, true],
    ]);
  }
});

/** Each does the next one that is left. */
async function inTurns(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = left.shift(); job; job = left.shift()) await job();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
