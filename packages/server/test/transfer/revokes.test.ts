import { type ConversationSeq, DEFAULT_LIMITS, type Event, TidemarkError, type UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import type { ErasedMessage } from '../../src/server-events.ts';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  dave,
  direct,
  edit,
  group,
  react,
  removeMembers,
  revoke,
  send,
} from '../support/commands.ts';
import { losingAnswers, withCommit } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

const at = (seq: number) => ({ seq: seq as ConversationSeq });
type Writer = ReturnType<typeof openWriter>;

async function eventsOf(writer: Writer, reader: UserId): Promise<Event[]> {
  return (await writer.inboxOf(reader)).flatMap(({ event }) => event ?? []);
}

test('a batch sees its own revoke: what came before it is erased, and what comes after it is refused', async () => {
  const writer = openWriter();
  const message = send(alice, direct, { text: 'secret' });
  const byId = { senderId: alice, clientMessageId: message.commandId };
  const replies = await writer.write(
    message,
    edit(alice, direct, byId, { text: 'secret too' }),
    react(bob, direct, byId),
    revoke(alice, direct, [byId], { reason: 'oops' }),
    edit(alice, direct, at(2), { text: 'secret again' }),
    react(bob, direct, byId, { key: '❤️' }),
    revoke(alice, direct, [at(2)]),
  );
  expect(replies.map(codeOf)).toEqual([undefined, undefined, undefined, undefined, 'revoked', 'revoked', undefined]);
  // A second one changes nothing: its result stands on the head of the conversation.
  expect(replies.at(-1)).toMatchObject({ conversationSeq: 5, messageId: null });
  const events = await eventsOf(writer, bob);
  expect(events.slice(1)).toMatchObject([
    { type: 'message.erased', conversationSeq: 2, actorId: alice, commandId: message.commandId },
    { type: 'edit.erased', targetSeq: 2, version: 2 },
    { type: 'reaction.changed', targetSeq: 2 },
    { type: 'message.revoked', targets: [{ seq: 2, ...byId }], reason: 'oops' },
  ]);
  const said = JSON.stringify([events, writer.frames]);
  expect(said).not.toContain('secret');
  // The receipt of a message that is sent again is what it was.
  expect((await writer.write(message))[0]).toEqual(replies[0]);
});

test('what earlier batches said is erased, also where the answer of the store was lost', async () => {
  const plain = memoryStorage();
  const writer = openWriter({ storage: losingAnswers(plain, 4) });
  const message = send(alice, direct, { text: 'secret' });
  await writer.write(message);
  await writer.write(edit(alice, direct, at(2), { text: 'secret too' }));
  const erased: ErasedMessage[] = [];
  writer.events.on('erased', ({ messages }) => erased.push(...messages));
  const command = revoke(alice, direct, [at(2)]);
  const [result] = await writer.write(command);
  expect(codeOf(result)).toBeUndefined();
  expect(await writer.write(command)).toEqual([result]);
  const events = await eventsOf(writer, bob);
  expect(events.filter(({ type }) => type === 'message.revoked')).toHaveLength(1);
  expect(JSON.stringify(events)).not.toContain('secret');
  // The application is told what there was, and if in doubt once more.
  const { commandId: clientMessageId } = message;
  const id = { conversationId: direct, conversationSeq: 2, senderId: alice, clientMessageId };
  const contents = ['secret', 'secret too'].map((text) => ({ type: 'text', content: { text } }));
  expect(erased[0]).toMatchObject({ ...id, contents });
  for (const each of erased.slice(1)) expect(each).toMatchObject(id);
  for (const other of [
    revoke(alice, direct, [at(1)], { commandId: command.commandId }),
    revoke(alice, direct, [at(2)], { commandId: command.commandId, reason: 'another' }),
  ]) {
    expect((await writer.write(other)).map(codeOf)).toEqual(['command_reused']);
  }
});

test('the application is told once of what a batch erases, before it is acknowledged', async () => {
  const trace: string[] = [];
  const writer = openWriter({ trace });
  await writer.write(send(alice, direct), send(bob, direct));
  const told: number[] = [];
  writer.events.on('erased', ({ messages }) => {
    trace.push('erased');
    told.push(...messages.map(({ conversationSeq }) => conversationSeq));
  });
  trace.length = 0;
  await writer.write(revoke(alice, direct, [at(2)]), revoke(bob, direct, [at(3)]));
  expect(told).toEqual([2, 3]);
  expect(trace.indexOf('erased')).toBeGreaterThan(trace.indexOf('committed'));
  expect(trace.indexOf('erased')).toBeLessThan(trace.indexOf('acknowledge'));
});

test('an author revokes, in a group its creator too, in a direct conversation nobody else; all targets or none', async () => {
  const writer = openWriter();
  await writer.write(createGroup(alice, [bob]), send(bob, group), addMembers(alice, [carol]), send(carol, group));
  await writer.write(send(alice, direct), send(bob, direct));
  const ask = async (...command: Parameters<typeof revoke>) => {
    const [reply] = await writer.write(revoke(...command));
    return reply instanceof TidemarkError ? `${reply.code} ${reply.field}` : 'done';
  };
  expect(await ask(dave, group, [at(2)])).toBe('not_a_member conversationId');
  expect(await ask(carol, group, [at(2)]), 'of before carol').toBe('message_not_found targets.0');
  expect(await ask(bob, group, [at(2), at(4)])).toBe('forbidden targets.1');
  expect(await ask(bob, group, [at(2), at(3)]), 'no message').toBe('message_not_found targets.1');
  expect(await ask(bob, group, [at(2), at(99)])).toBe('message_not_found targets.1');
  expect((await eventsOf(writer, bob)).map(({ type }) => type)).not.toContain('message.erased');
  expect(await ask(alice, group, [at(4), at(2), at(4)], { reason: 'rules' })).toBe('done');
  expect(await ask(bob, group, [at(2)]), 'so already').toBe('done');
  expect(await ask(bob, group, [at(4)]), 'so already, and not his').toBe('forbidden targets.0');
  expect(await ask(alice, direct, [at(3)])).toBe('forbidden targets.0');
  expect(await ask(bob, direct, [at(2)])).toBe('forbidden targets.0');
  expect(await ask(bob, direct, [at(3)])).toBe('done');
  const revoked = (await eventsOf(writer, bob)).filter((event) => event.type === 'message.revoked');
  expect(revoked).toMatchObject([
    {
      actorId: alice,
      targets: [
        { seq: 4, senderId: carol },
        { seq: 2, senderId: bob },
      ],
      reason: 'rules',
    },
    { actorId: bob, targets: [{ seq: 3, senderId: bob }] },
  ]);
  // One who was a member before may no longer.
  await writer.write(send(bob, group), removeMembers(alice, [bob]));
  expect(await ask(bob, group, [at(6)])).toBe('not_a_member conversationId');
});

test('the window is the author’s, and not of whoever may revoke others', async () => {
  const { revokeWindowMs } = DEFAULT_LIMITS;
  expect(revokeWindowMs).toBeUndefined();
  const writer = openWriter({ revokeWindowMs: 1_000 });
  await writer.write(createGroup(alice, [bob]), send(bob, group), send(bob, group), send(alice, group));
  await writer.clock.advance(1_000);
  expect((await writer.write(revoke(bob, group, [at(2)]))).map(codeOf)).toEqual([undefined]);
  await writer.clock.advance(1);
  const [late] = await writer.write(revoke(bob, group, [at(2), at(3)]));
  expect(late).toMatchObject({ code: 'forbidden', field: 'targets.1', limit: 'limits.revokeWindowMs' });
  expect((await writer.write(revoke(bob, group, [at(2)]))).map(codeOf), 'so already').toEqual([undefined]);
  expect((await writer.write(revoke(alice, group, [at(3), at(4)]))).map(codeOf)).toEqual([undefined]);
});

test('another worker erases what the first has stored, and knows what it has revoked', async () => {
  const storage = memoryStorage();
  const first = openWriter({ storage });
  await first.write(send(alice, direct, { text: 'secret' }), react(bob, direct, at(2)));
  const second = openWriter({ storage, shared: first.shared, nodeId: 'other' });
  await second.write(revoke(alice, direct, [at(2)]));
  expect((await first.write(edit(alice, direct, at(2)), react(bob, direct, at(2)))).map(codeOf)).toEqual([
    'revoked',
    'revoked',
  ]);
  expect(JSON.stringify(await eventsOf(first, bob))).not.toContain('secret');
});

test('dead letters of what is revoked are removed, and others stay', async () => {
  const plain = memoryStorage();
  let isPoisoned = true;
  const storage = withCommit(plain, async ({ events }, next) => {
    if (isPoisoned && JSON.stringify(events).includes('secret')) throw new Error('cannot store it');
    return next();
  });
  const writer = openWriter({ storage, attempts: 2, parkAfterMs: 0 });
  const message = send(alice, direct, { text: 'secret' });
  const byId = { senderId: alice, clientMessageId: message.commandId };
  const edits = [edit(bob, direct, at(3), { text: 'secret edit' }), edit(bob, direct, at(4), { text: 'secret, kept' })];
  await writer.write(send(alice, direct), send(bob, direct), send(bob, direct));
  await writer.write(message, ...edits, send(bob, direct));
  expect(writer.deadLetters()).toHaveLength(3);
  isPoisoned = false;
  // A person takes it up again.
  expect((await writer.write({ ...message, retry: 1 })).map(codeOf)).toEqual([undefined]);
  await writer.write(revoke(alice, direct, [byId]), revoke(bob, direct, [at(3)]));
  expect(writer.deadLetters().map(({ body }) => JSON.parse(body).command.message.content.text)).toEqual([
    'secret, kept',
  ]);
});
