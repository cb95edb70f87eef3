import { type CommandId, type ConversationSeq, type PinChanged, TidemarkError, type UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { pinsIn } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  dave,
  direct,
  group,
  pin,
  revoke,
  send,
} from '../support/commands.ts';
import { losingAnswers } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

const at = (seq: number) => ({ seq: seq as ConversationSeq });
const off = { on: false };

type Writer = ReturnType<typeof openWriter>;

/** Each has the pins after it. */
async function changesIn(writer: Writer, reader: UserId): Promise<PinChanged[]> {
  const events = (await writer.inboxOf(reader)).flatMap(({ event }) => event ?? []);
  const changes = events.flatMap((event) => (event.type === 'pin.changed' ? [event] : []));
  for (const [nth, change] of changes.entries()) expect(change.pins).toEqual(pinsIn(changes.slice(0, nth + 1)));
  return changes;
}

test('a batch sees its own pins: each change is one event, with all pins after it', async () => {
  const writer = openWriter();
  const message = send(alice, direct);
  const byId = { senderId: alice, clientMessageId: message.commandId };
  const replies = await writer.write(
    message,
    send(bob, direct),
    pin(bob, direct, byId),
    pin(alice, direct, at(3)),
    pin(alice, direct, at(2)),
    pin(alice, direct, byId, off),
    pin(alice, direct, byId, off),
  );
  expect(replies.map(codeOf)).toEqual(replies.map(() => undefined));
  expect((await changesIn(writer, bob)).map(({ pins }) => pins)).toEqual([
    [{ seq: 2, by: bob }],
    [
      { seq: 3, by: alice },
      { seq: 2, by: bob },
    ],
    [{ seq: 3, by: alice }],
  ]);
});

test('another worker goes on from the pins that stand', async () => {
  const storage = memoryStorage();
  const first = openWriter({ storage });
  await first.write(send(alice, direct), send(alice, direct), pin(bob, direct, at(2)));
  const second = openWriter({ storage, shared: first.shared, nodeId: 'other' });
  await second.write(pin(alice, direct, at(3)));
  await first.write(pin(bob, direct, at(2), off));
  expect((await changesIn(second, alice)).map(({ pins }) => pins.map(({ seq }) => seq))).toEqual([[2], [3, 2], [3]]);
});

test('a pin whose answer was lost is one, with one result, and its id is for that alone', async () => {
  const writer = openWriter({ storage: losingAnswers(memoryStorage(), 2) });
  await writer.write(send(alice, direct), send(alice, direct));
  const command = pin(bob, direct, at(2));
  const [result] = await writer.write(command);
  expect(codeOf(result)).toBeUndefined();
  expect(await writer.write(command)).toEqual([result]);
  const commandId = command.commandId as CommandId;
  for (const other of [pin(bob, direct, at(3), { commandId }), pin(bob, direct, at(2), { commandId, on: false })]) {
    expect((await writer.write(other)).map(codeOf)).toEqual(['command_reused']);
  }
  expect(await changesIn(writer, alice)).toHaveLength(1);
});

test('in a group its owner pins, or everybody where the application says so, and only members, what they see', async () => {
  const strict = openWriter();
  const open = openWriter({ permissions: { pin: 'everybody', mentionAll: 'owner' } });
  for (const writer of [strict, open]) {
    await writer.write(createGroup(alice, [bob]), send(bob, group), addMembers(alice, [carol]), send(alice, group));
  }
  const ask = async (writer: Writer, userId: UserId, seq: number, on = true) => {
    const [reply] = await writer.write(pin(userId, group, at(seq), { on }));
    return reply instanceof TidemarkError ? `${reply.code} ${reply.field}` : 'done';
  };
  expect(await ask(strict, alice, 2)).toBe('done');
  expect(await ask(strict, bob, 4)).toBe('forbidden conversationId');
  expect(await ask(strict, bob, 2, false)).toBe('forbidden conversationId');
  expect(await ask(open, bob, 2)).toBe('done');
  expect(await ask(open, carol, 4)).toBe('done');
  expect(await ask(open, carol, 2, false), 'of before carol').toBe('message_not_found target');
  expect(await ask(open, bob, 3), 'no message').toBe('message_not_found target');
  expect(await ask(open, bob, 99)).toBe('message_not_found target');
  for (const writer of [strict, open]) expect(await ask(writer, dave, 2)).toBe('not_a_member conversationId');
});

test('a conversation has fifty pins, of those that are on', async () => {
  const writer = openWriter();
  for (let nth = 0; nth < 51; nth++) await writer.write(send(alice, direct));
  const ask = async (seq: number, on = true) => {
    const [reply] = await writer.write(pin(bob, direct, at(seq), { on }));
    return reply instanceof TidemarkError ? `${reply.code} ${reply.limit}` : 'done';
  };
  for (let seq = 2; seq < 52; seq++) expect(await ask(seq)).toBe('done');
  expect(await ask(52)).toBe('forbidden limits.pins');
  expect(await ask(51), 'is so already').toBe('done');
  expect(await ask(2, false)).toBe('done');
  expect(await ask(52)).toBe('done');
  expect((await changesIn(writer, alice)).at(-1)?.pins).toHaveLength(50);
});

test('what is revoked is unpinned in the same event, and can be pinned no more', async () => {
  const writer = openWriter();
  await writer.write(send(alice, direct), send(alice, direct), pin(bob, direct, at(2)), pin(bob, direct, at(3)));
  const replies = await writer.write(revoke(alice, direct, [at(3)]), pin(bob, direct, at(3)), pin(bob, direct, at(2)));
  expect(replies.map(codeOf)).toEqual([undefined, 'revoked', undefined]);
  await writer.write(revoke(alice, direct, [at(2)]), revoke(alice, direct, [at(2)]));
  const events = (await writer.inboxOf(bob)).flatMap(({ event }) => event ?? []);
  const revoked = events.flatMap((event) => (event.type === 'message.revoked' ? [event.pins] : []));
  expect(revoked).toEqual([[{ seq: 2, by: bob }], []]);
  const key = { conversationId: direct, target: 0, name: 'pins', key: '', owner: null } as const;
  expect(await writer.storage.history.findRegisters([key])).toMatchObject([{ value: [] }]);
});
