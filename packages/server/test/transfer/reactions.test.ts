import {
  type Command,
  type CommandId,
  type ConversationSeq,
  NEWEST_REACTORS,
  parseUserId,
  type ReactionChanged,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { reactionCountsIn } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { addMembers, alice, bob, carol, createGroup, dave, direct, group, react, send } from '../support/commands.ts';
import { losingAnswers } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

const atTwo = { seq: 2 as ConversationSeq };
const off = { on: false };

type Writer = ReturnType<typeof openWriter>;

async function changesIn(writer: Writer, reader: UserId): Promise<ReactionChanged[]> {
  const events = (await writer.inboxOf(reader)).map(({ event }) => event);
  return events.flatMap((event) => (event?.type === 'reaction.changed' ? [event] : []));
}

async function expectTrueCounts(writer: Writer, reader: UserId): Promise<void> {
  const events = (await writer.inboxOf(reader)).flatMap(({ event }) => event ?? []);
  for (const event of events) {
    if (event.type !== 'reaction.changed') continue;
    const { targetSeq, key, count, newest } = event;
    const upTo = events.filter(({ conversationSeq }) => conversationSeq <= event.conversationSeq);
    const { count: true_ = 0, newest: last = [] } = reactionCountsIn(upTo, targetSeq).get(key) ?? {};
    expect({ count, newest }, `at ${event.conversationSeq}`).toEqual({ count: true_, newest: last });
  }
}

test('a batch sees its own reactions: each switch is one event, with the count after it', async () => {
  const writer = openWriter();
  const message = send(alice, direct);
  const byId = { senderId: alice, clientMessageId: message.commandId };
  const replies = await writer.write(
    message,
    react(bob, direct, byId),
    react(alice, direct, byId),
    react(bob, direct, byId),
    react(bob, direct, atTwo, off),
    react(bob, direct, byId, off),
  );
  expect(replies.map(codeOf)).toEqual(replies.map(() => undefined));
  // What is so already changes nothing, and its result stands on the head of the conversation.
  expect(replies.map((reply) => 'conversationSeq' in reply && reply.conversationSeq)).toEqual([2, 3, 4, 4, 5, 5]);
  expect(await changesIn(writer, bob)).toMatchObject([
    { actorId: bob, targetSeq: 2, targetAuthor: alice, key: '👍', on: true, count: 1, newest: [bob], since: 3 },
    { actorId: alice, on: true, count: 2, newest: [alice, bob], since: 3 },
    { actorId: bob, on: false, count: 1, newest: [alice], since: 3 },
  ]);
});

test('whoever takes theirs back, the newest of the others are named, in one batch and in many', async () => {
  const users = Array.from({ length: 12 }, (_, nth) => parseUserId(`user${nth}`));
  const [first] = users as [UserId];
  const commands = [
    createGroup(first, users),
    send(first, group),
    ...users.map((userId) => react(userId, group, atTwo)),
    // The newest, one of those behind them, and the oldest.
    ...[11, 10, 9, 3, 0].map((nth) => react(users[nth] as UserId, group, atTwo, off)),
    react(users[11] as UserId, group, atTwo),
    ...[8, 11, 7, 6, 5, 4, 2, 1].map((nth) => react(users[nth] as UserId, group, atTwo, off)),
  ];
  for (const size of [commands.length, 14, 3, 1]) {
    const writer = openWriter();
    for (let from = 0; from < commands.length; from += size) await writer.write(...commands.slice(from, from + size));
    await expectTrueCounts(writer, first);
    const changes = await changesIn(writer, first);
    expect(changes).toHaveLength(commands.length - 2);
    expect(changes.at(-1)).toMatchObject({ count: 0, newest: [] });
    expect(Math.max(...changes.map(({ newest }) => newest.length))).toBe(NEWEST_REACTORS);
  }
});

test('another worker goes on from the counts that stand', async () => {
  const storage = memoryStorage();
  const first = openWriter({ storage });
  await first.write(send(alice, direct), react(bob, direct, atTwo));
  const second = openWriter({ storage, shared: first.shared, nodeId: 'other' });
  await second.write(react(alice, direct, atTwo));
  // It remembers the conversation as it was, and not what was decided elsewhere.
  await first.write(react(bob, direct, atTwo, off));
  expect((await changesIn(second, alice)).map(({ count, newest }) => [count, newest])).toEqual([
    [1, [bob]],
    [2, [alice, bob]],
    [1, [alice]],
  ]);
});

test('a reaction whose answer was lost is one, with one result', async () => {
  const plain = memoryStorage();
  const writer = openWriter({ storage: losingAnswers(plain, 2) });
  await writer.write(send(alice, direct));
  const command = react(bob, direct, atTwo);
  const [result] = await writer.write(command);
  expect(codeOf(result)).toBeUndefined();
  expect(await writer.write(command)).toEqual([result]);
  expect(await changesIn(writer, bob)).toHaveLength(1);
  const commandId = command.commandId as CommandId;
  const others: Command[] = [
    react(bob, direct, atTwo, { commandId, on: false }),
    react(bob, direct, atTwo, { commandId, key: '👎' }),
    react(bob, direct, { seq: 1 as ConversationSeq }, { commandId }),
  ];
  for (const other of others) expect((await writer.write(other)).map(codeOf)).toEqual(['command_reused']);
});

test('a user has three keys on a message and a message has twenty, of those that are on', async () => {
  const writer = openWriter();
  const users = Array.from({ length: 8 }, (_, nth) => parseUserId(`user${nth}`));
  const [first, second] = users as [UserId, UserId];
  await writer.write(createGroup(first, users), send(first, group));
  const ask = async (userId: UserId, key: string, on = true) => {
    const [reply] = await writer.write(react(userId, group, atTwo, { key, on }));
    return reply instanceof TidemarkError ? `${reply.code} ${reply.limit}` : 'done';
  };
  for (const key of ['a', 'b', 'c']) expect(await ask(first, key)).toBe('done');
  expect(await ask(first, 'd')).toBe('forbidden limits.reactionsPerUser');
  expect(await ask(first, 'a'), 'is so already').toBe('done');
  expect(await ask(first, 'a', false)).toBe('done');
  expect(await ask(first, 'd')).toBe('done');
  // b, c and d, and 17 more.
  for (let nth = 0; nth < 17; nth++) {
    expect(await ask(users[1 + Math.floor(nth / 3)] as UserId, `key${nth}`)).toBe('done');
  }
  expect(await ask(users[7] as UserId, 'one-too-many')).toBe('forbidden limits.reactionKeys');
  expect(await ask(users[7] as UserId, 'b'), 'one that is there').toBe('done');
  expect(await ask(second, 'key0', false)).toBe('done');
  expect(await ask(users[7] as UserId, 'now-there-is-room')).toBe('done');
  await expectTrueCounts(writer, first);
});

test('only members react, to what they see, and to messages alone', async () => {
  const writer = openWriter();
  await writer.write(createGroup(alice, [bob]), send(bob, group), addMembers(alice, [carol]), send(alice, group));
  const ask = async (userId: UserId, seq: number) =>
    codeOf((await writer.write(react(userId, group, { seq: seq as ConversationSeq })))[0]);
  expect(await ask(alice, 2)).toBeUndefined();
  expect(await ask(carol, 2), 'of before carol').toBe('message_not_found');
  expect(await ask(carol, 4)).toBeUndefined();
  expect(await ask(dave, 2)).toBe('not_a_member');
  expect(await ask(bob, 3)).toBe('message_not_found');
  expect(await ask(bob, 99)).toBe('message_not_found');
});
