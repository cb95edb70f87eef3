import type { Command, CommandId, ConversationSeq, RegisterOf, Storage } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { alice, bob, direct, edit, send } from '../support/commands.ts';
import { losingAnswers } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

async function contentOf(storage: Storage, target: number): Promise<[unknown, number] | undefined> {
  const key = { conversationId: direct, target, name: 'content', key: '', owner: null } as const;
  const [register] = (await storage.history.findRegisters([key])) as RegisterOf<'content'>[];
  return register?.value ? [register.value.message.content.text, register.value.version] : undefined;
}

const atTwo = { seq: 2 as ConversationSeq };

test('a batch sees what it has decided itself: a message, and edits of it', async () => {
  const writer = openWriter();
  const message = send(alice, direct);
  const byId = { senderId: alice, clientMessageId: message.commandId };
  const commands: Command[] = [
    message,
    edit(alice, direct, byId, { text: 'second', expectedVersion: 1 }),
    edit(alice, direct, atTwo, { text: 'late', expectedVersion: 1 }),
    edit(bob, direct, byId, { text: 'not mine' }),
    edit(alice, direct, byId, { text: 'third', expectedVersion: 2 }),
  ];
  const replies = await writer.write(...commands);
  expect(replies.map(codeOf)).toEqual([undefined, undefined, 'conflict', 'forbidden', undefined]);
  expect(await contentOf(writer.storage, 2)).toEqual(['third', 3]);
  const entries = await writer.inboxOf(bob);
  expect(entries.map(({ event }) => event?.type)).toEqual([
    'conversation.created',
    'message.sent',
    'message.edited',
    'message.edited',
  ]);
});

test('another worker finds the version that stands, and a refused edit stays refused', async () => {
  const storage = memoryStorage();
  const first = openWriter({ storage });
  const [late] = [edit(alice, direct, atTwo, { text: 'late', expectedVersion: 1 })];
  await first.write(send(alice, direct), edit(alice, direct, atTwo, { text: 'second' }));
  expect(codeOf((await first.write(late))[0])).toBe('conflict');
  const second = openWriter({ storage, shared: first.shared, nodeId: 'other' });
  expect((await second.write(late, edit(alice, direct, atTwo, { expectedVersion: 2 }))).map(codeOf)).toEqual([
    'conflict',
    undefined,
  ]);
  expect(await contentOf(storage, 2)).toEqual(['edited', 3]);
});

test('an edit whose answer was lost is one edit, with one result', async () => {
  const plain = memoryStorage();
  const writer = openWriter({ storage: losingAnswers(plain, 2) });
  await writer.write(send(alice, direct));
  const command = edit(alice, direct, atTwo, { expectedVersion: 1 });
  const [result] = await writer.write(command);
  expect(codeOf(result)).toBeUndefined();
  expect(await writer.write(command)).toEqual([result]);
  expect(await contentOf(plain, 2)).toEqual(['edited', 2]);
});

test('an id of an edit that is used for another message is refused', async () => {
  const writer = openWriter();
  await writer.write(send(alice, direct), send(alice, direct));
  const commandId = 'one-edit' as CommandId;
  const edits = [2, 3].map((seq) => edit(alice, direct, { seq: seq as ConversationSeq }, { commandId }));
  expect((await writer.write(...edits)).map(codeOf)).toEqual([undefined, 'command_reused']);
  expect((await writer.write(edits[1] as Command)).map(codeOf)).toEqual(['command_reused']);
  expect(await contentOf(writer.storage, 3)).toBeUndefined();
});

test('content of a kind that this process does not have yet is left to one that has it', async () => {
  const writer = openWriter();
  await writer.write(send(alice, direct));
  const unknown = { ...edit(alice, direct, atTwo), message: { type: 'sticker', content: {} } };
  expect((await writer.write(unknown)).map(codeOf)).toEqual(['unavailable']);
  expect(await contentOf(writer.storage, 2)).toBeUndefined();
});
