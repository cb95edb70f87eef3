import type { Command, CommandId, ConversationSeq, MessageSent, UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { addMembers, alice, bob, carol, createGroup, dave, direct, edit, group, send } from '../support/commands.ts';
import { losingAnswers } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

const at = (seq: number) => ({ seq: seq as ConversationSeq });

type Writer = ReturnType<typeof openWriter>;

async function messagesIn(writer: Writer, reader: UserId): Promise<MessageSent[]> {
  const events = (await writer.inboxOf(reader)).map(({ event }) => event);
  return events.flatMap((event) => (event?.type === 'message.sent' ? [event] : []));
}

test('a reply has the place of what it replies to, also of a message of its own batch', async () => {
  const writer = openWriter();
  const first = send(alice, direct);
  const byId = { senderId: alice, clientMessageId: first.commandId };
  const second = send(bob, direct, { replyTo: byId });
  const replies = await writer.write(first, second, send(alice, direct, { replyTo: at(3) }));
  expect(replies.map(codeOf)).toEqual([undefined, undefined, undefined]);
  expect((await messagesIn(writer, bob)).map(({ replyTo }) => replyTo)).toEqual([undefined, at(2), at(3)]);
  expect(await writer.write(send(alice, direct, { replyTo: byId }))).toMatchObject([{ conversationSeq: 5 }]);
  expect((await messagesIn(writer, alice)).at(-1)?.replyTo).toEqual(at(2));
});

test('an edit of a reply leaves what it replies to', async () => {
  const writer = openWriter();
  await writer.write(send(alice, direct), send(bob, direct, { replyTo: at(2) }), edit(bob, direct, at(3)));
  const { events } = await writer.storage.history.range({ userId: alice, conversationId: direct, limit: 10 });
  expect(events.find((event) => event.type === 'message.sent' && event.actorId === bob)).toMatchObject({
    replyTo: at(2),
  });
});

test('only what is there, what is a message, and what the sender sees can be replied to, and nothing else is stored', async () => {
  const writer = openWriter();
  await writer.write(createGroup(alice, [bob]), send(bob, group), addMembers(alice, [carol]), send(alice, group));
  const ask = async (userId: UserId, replyTo: Command & { type: 'message.send' }) =>
    (await writer.write({ ...replyTo, actorId: userId })).map((reply) =>
      reply instanceof Error ? `${codeOf(reply)} ${'field' in reply && reply.field}` : 'done',
    )[0];
  const refused = 'message_not_found replyTo';
  expect(await ask(alice, send(alice, group, { replyTo: at(2) }))).toBe('done');
  expect(await ask(carol, send(carol, group, { replyTo: at(2) })), 'of before carol').toBe(refused);
  expect(await ask(carol, send(carol, group, { replyTo: at(4) }))).toBe('done');
  expect(await ask(bob, send(bob, group, { replyTo: at(3) })), 'no message').toBe(refused);
  expect(await ask(bob, send(bob, group, { replyTo: at(99) }))).toBe(refused);
  const unknown = { senderId: alice, clientMessageId: 'never-sent' as CommandId };
  expect(await ask(bob, send(bob, group, { replyTo: unknown }))).toBe(refused);
  expect(await ask(dave, send(dave, group, { replyTo: at(2) }))).toBe('not_a_member conversationId');
  // The first message of a conversation has nothing to reply to, and opens none.
  expect(await ask(carol, send(carol, directOf(carol), { replyTo: at(2) }))).toBe(refused);
  expect(await writer.storage.history.load([directOf(carol)])).toEqual(new Map());
  expect((await messagesIn(writer, bob)).map(({ conversationSeq }) => conversationSeq)).toEqual([2, 4, 5, 6]);
});

test('a reply whose answer was lost is one, and its id is for that reply alone', async () => {
  const writer = openWriter({ storage: losingAnswers(memoryStorage(), 2) });
  await writer.write(send(alice, direct), send(alice, direct));
  const reply = send(bob, direct, { replyTo: at(2) });
  const [result] = await writer.write(reply);
  expect(codeOf(result)).toBeUndefined();
  expect(await writer.write(reply)).toEqual([result]);
  const { commandId } = reply;
  const other = send(bob, direct, { commandId, replyTo: at(3) });
  expect((await writer.write(other)).map(codeOf)).toEqual(['command_reused']);
  expect(await messagesIn(writer, alice)).toHaveLength(3);
});

function directOf(userId: UserId) {
  return `d:${[alice, userId].sort().join()}` as typeof direct;
}
