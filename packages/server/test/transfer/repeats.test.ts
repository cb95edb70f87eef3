import {
  type Command,
  type NodeId,
  parseCommandId,
  parseUserId,
  type Storage,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  dave,
  direct,
  group,
  otherGroup,
  removeMembers,
  send,
} from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';
import { losingAnswers } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

const erin = parseUserId('erin');

/** Messages of the direct conversation, as stored. */
async function messages(storage: Storage) {
  const { events } = await storage.history.range({ userId: alice, conversationId: direct, after: 0, limit: 100 });
  return events.filter((event) => event.type === 'message.sent');
}

describe('an id that was used for another command', () => {
  const id = parseCommandId('taken');
  const remove = (members: UserId[]) => removeMembers(alice, members, { commandId: id });
  const add = (members: UserId[]) => addMembers(alice, members, { commandId: id });

  test.each<[string, Command, Command]>([
    ['members removed, then others', remove([bob]), remove([carol])],
    ['members removed, then more', remove([bob]), remove([bob, carol])],
    ['members added, then removed', add([dave]), remove([bob])],
    ['members added, then others', add([dave]), add([erin])],
    ['members added, then a message', add([dave]), send(alice, group, { commandId: id })],
    [
      'a message, then another conversation',
      send(alice, group, { commandId: id }),
      send(alice, direct, { commandId: id }),
    ],
    ['a message, then members removed', send(alice, group, { commandId: id }), remove([bob])],
    [
      'a group, then one with other members',
      createGroup(alice, [bob], { conversationId: otherGroup, commandId: id }),
      createGroup(alice, [carol], { conversationId: otherGroup, commandId: id }),
    ],
    [
      'a group, then one with another title',
      createGroup(alice, [bob], { conversationId: otherGroup, title: 'one', commandId: id }),
      createGroup(alice, [bob], { conversationId: otherGroup, title: 'two', commandId: id }),
    ],
  ])('is refused, and nothing is done: %s', async (_, first, second) => {
    const storage = memoryStorage();
    const writer = openWriter({ storage });
    await writer.write(createGroup(alice, [bob, carol]));
    const [result] = await writer.write(first);
    const [later] = await writer.write(second);
    const other = openWriter({ storage, shared: writer.shared, partition: 1 });
    const [elsewhere] = await other.write(second);
    const [inOneBatch] = await openInGroup()
      .then((fresh) => fresh.write(first, second))
      .then((results) => results.slice(1));
    for (const answer of [later, elsewhere, inOneBatch]) expect(codeOf(answer)).toBe('command_reused');
    expect(await writer.write(first)).toEqual([result]);
    expect(await other.write(first)).toEqual([result]);
  });

  test('is not taken for reused where a repeat names members whom its event did not concern', async () => {
    const writer = await openInGroup();
    // bob is a member already, erin is none.
    const added = addMembers(alice, [bob, dave]);
    const removed = removeMembers(alice, [carol, erin]);
    const results = await writer.write(added, removed);
    for (const result of results) expect(codeOf(result)).toBeUndefined();
    await writer.write(send(bob, group));
    expect(await writer.write(added, removed)).toEqual(results);
  });

  async function openInGroup() {
    const writer = openWriter();
    await writer.write(createGroup(alice, [bob, carol]));
    return writer;
  }
});

describe('sending twice is sending once', () => {
  test('within one batch', async () => {
    const writer = openWriter();
    const message = send(alice, direct);
    const [first, second] = await writer.write(message, message);
    expect(second).toEqual(first);
    expect(await messages(writer.storage)).toHaveLength(1);
    expect(await writer.inboxOf(bob)).toHaveLength(2);
  });

  test('in a later batch of the same owner, without a commit', async () => {
    const writer = openWriter();
    const repeated = recorded(writer.events, 'repeated');
    const message = send(alice, direct);
    const [first] = await writer.write(message);
    await writer.write(send(bob, direct));
    writer.trace.length = 0;
    expect(await writer.write(message)).toEqual([first]);
    expect(writer.trace).toEqual(['publish', 'acknowledge']);
    expect(repeated).toEqual([{ partition: 0, commands: 1 }]);
    expect(await messages(writer.storage)).toHaveLength(2);
  });

  test('to another owner, who remembers nothing', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage });
    const second = openWriter({ storage, shared: first.shared, partition: 1 });
    const message = send(alice, direct);
    const [receipt] = await first.write(message);
    await first.write(send(bob, direct));
    expect(await second.write(message)).toEqual([receipt]);
    expect(await messages(storage)).toHaveLength(2);
    expect(second.trace).toContain('conflict event');
  });

  test('beside a new message, which is carried out', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage });
    const second = openWriter({ storage, shared: first.shared, partition: 1 });
    const message = send(alice, direct);
    const [receipt] = await first.write(message);
    const [again, fresh] = await second.write(message, send(alice, direct));
    expect(again).toEqual(receipt);
    expect(fresh).toMatchObject({ conversationSeq: 3 });
    const entries = await second.inboxOf(bob);
    expect(entries.flatMap(({ event }) => (event ? [event.conversationSeq] : []))).toEqual([1, 2, 3]);
  });

  test('with an id that another user has used too, is two messages', async () => {
    const writer = openWriter();
    const message = send(alice, direct);
    const [first, second] = await writer.write(message, send(bob, direct, { commandId: message.commandId }));
    expect(first).not.toEqual(second);
    expect(await messages(writer.storage)).toHaveLength(2);
  });
});

describe('when the answer to a commit is lost', () => {
  test('the batch is found to be stored, and its senders get its receipt', async () => {
    const writer = openWriter({ storage: losingAnswers(memoryStorage()) });
    const [receipt] = await writer.write(send(alice, direct));
    const stored = await messages(writer.storage);
    expect(stored).toHaveLength(1);
    expect(receipt).toMatchObject({ messageId: stored[0]?.messageId, conversationSeq: 2 });
    expect(await writer.backlog()).toBe(0);
  });

  test('recipients are told as if it had not been', async () => {
    const writer = openWriter({ storage: losingAnswers(memoryStorage()) });
    await writer.backplane.presence.join([bob], 'node' as NodeId, 60_000);
    await writer.write(send(alice, direct));
    const told = writer.frames.flatMap((frame) => frame.deliveries).flatMap((delivery) => delivery.to);
    expect(told).toContainEqual([bob, 2]);
  });

  test('no seq is left open behind it', async () => {
    const writer = openWriter({ storage: losingAnswers(memoryStorage()) });
    await writer.write(send(alice, direct));
    await writer.write(send(bob, direct));
    const entries = await writer.inboxOf(bob);
    expect(entries.map((entry) => [entry.seq, entry.event?.conversationSeq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect((await writer.counters.current([bob])).get(bob)).toBe(3);
  });

  test('every time, an entry is not acknowledged before an answer has come', async () => {
    const writer = openWriter({ storage: losingAnswers(memoryStorage(), 3) });
    const [receipt] = await writer.write(createGroup(alice, [bob]), send(alice, group), send(bob, group));
    expect(receipt).toMatchObject({ conversationSeq: 1 });
    expect(writer.trace.at(-1)).toBe('acknowledge');
    expect(await writer.inboxOf(alice)).toHaveLength(3);
  });
});

describe('entries that are delivered again', () => {
  test('are answered with what they did, and announced once more', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage });
    const message = send(alice, direct);
    const [call] = await first.queue(message);
    // The owner dies after its commit: another process carries the same command out in its place.
    const dead = openWriter({ storage, shared: first.shared, partition: 1 });
    await dead.write(message);
    await first.reader.read(10, new AbortController().signal);
    const next = openWriter({ storage, shared: first.shared });
    await next.backplane.presence.join([bob], 'node' as NodeId, 60_000);
    await next.carryOut();
    expect(next.replyTo(call)).toMatchObject({ conversationSeq: 2 });
    expect(next.frames.flatMap((frame) => frame.deliveries).map(({ to }) => to)).toEqual([[[bob, 2]]]);
    expect(await messages(storage)).toHaveLength(1);
  });

  test('and sent once more by their client, are still one message', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage });
    const message = send(alice, direct);
    const [receipt] = await first.write(message);
    await first.queue(message);
    await first.reader.read(10, new AbortController().signal);
    const next = openWriter({ storage, shared: first.shared });
    await next.backplane.presence.join([bob], 'node' as NodeId, 60_000);
    expect(await next.write(message)).toEqual([receipt]);
    expect(next.frames.flatMap((frame) => frame.deliveries).map(({ to }) => to)).toEqual([[[bob, 2]]]);
    expect(await next.inboxOf(bob)).toHaveLength(2);
  });

  test('are not refused because of what was remembered of an earlier batch', async () => {
    const storage = memoryStorage();
    const dying = openWriter({ storage });
    await dying.write(createGroup(alice, [bob]));
    const [remembered, late] = await dying.queue(send(alice, group), send(carol, group));
    await dying.reader.read(10, new AbortController().signal);

    const next = openWriter({ storage, shared: dying.shared });
    const { signal } = new AbortController();
    await next.clock.finish(next.transfer.carryOut(await next.reader.read(1, signal), signal));
    await next.transfer.published();
    expect(codeOf(next.replyTo(remembered))).toBeUndefined();
    // A writer that believes it owns the partition too adds the member, unseen by the next owner.
    const overlapping = openWriter({ storage, shared: dying.shared, partition: 1 });
    await overlapping.write(addMembers(alice, [carol]));
    await next.carryOut();
    expect(codeOf(next.replyTo(late))).toBeUndefined();
  });
});

describe('what was refused for good', () => {
  test('does not happen by a copy that comes later, though it would be allowed by then', async () => {
    const writer = openWriter();
    const early = send(bob, group);
    expect(codeOf((await writer.write(createGroup(alice, [carol]), early))[1])).toBe('not_a_member');
    const late = await writer.write(addMembers(alice, [bob]), early);
    expect(codeOf(late[1])).toBe('not_a_member');
    const [again] = await writer.write({ ...early, retry: 1 });
    expect(again).toMatchObject({ conversationSeq: 3 });
  });

  test('within one batch, and by another owner that remembers nothing', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage });
    const [one, two] = [send(bob, group), send(bob, group)];
    const told = await first.write(createGroup(alice, [carol]), one, two, addMembers(alice, [bob]), one);
    expect(told.map((each) => codeOf(each))).toEqual([
      undefined,
      'not_a_member',
      'not_a_member',
      undefined,
      'not_a_member',
    ]);
    const second = openWriter({ storage, shared: first.shared });
    expect(codeOf((await second.write(two))[0])).toBe('not_a_member');
    expect((await storage.history.load([group])).get(group)?.head).toBe(2);
  });

  test('is told to nobody before it is remembered', async () => {
    const writer = openWriter();
    const { remember } = writer.backplane.refusals;
    let failures = 1;
    writer.backplane.refusals.remember = async (...refusal) => {
      expect(writer.frames.flatMap((frame) => frame.replies)).toEqual([]);
      if (failures-- > 0) throw new UnavailableError('connection refused');
      await remember(...refusal);
    };
    expect(codeOf((await writer.write(send(bob, group)))[0])).toBe('not_a_member');
    expect(failures).toBe(-1);
  });
});
