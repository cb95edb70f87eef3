import { parseCommandId, type Seq, type Storage, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  direct,
  group,
  otherGroup,
  removeMembers,
  send,
} from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';
import { withCommit } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

/** Two processes that both believe they write the conversation. */
function twoOwners() {
  const storage = memoryStorage();
  const first = openWriter({ storage });
  return { storage, first, second: openWriter({ storage, shared: first.shared, partition: 1 }) };
}

/** Lets `first` happen before the first commit only. */
function beforeFirstCommit(storage: Storage, first: () => Promise<unknown>): Storage {
  let done = false;
  return withCommit(storage, async (_, next) => {
    if (!done) {
      done = true;
      await first();
    }
    return next();
  });
}

describe('when another owner was faster', () => {
  test('between what is asked of the store: the same command has the same receipt', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage });
    const create = createGroup(alice, [bob], { conversationId: otherGroup, commandId: parseCommandId('create') });
    const early = addMembers(bob, [carol], { conversationId: otherGroup });
    let receipt: unknown;
    const findByCommand: Storage['history']['findByCommand'] = async (commands) => {
      const found = await storage.history.findByCommand(commands);
      if (receipt === undefined) [receipt] = await first.write(create, send(bob, otherGroup));
      return found;
    };
    const second = openWriter({
      storage: { ...storage, history: { ...storage.history, findByCommand } },
      shared: first.shared,
      partition: 1,
    });
    const [, repeated] = await second.write(early, create);
    expect(receipt).toMatchObject({ conversationSeq: 1 });
    expect(repeated).toEqual(receipt);
  });

  test('the batch runs again after the events of the other', async () => {
    const { first, second } = twoOwners();
    const conflicted = recorded(first.events, 'conflicted');
    await first.write(createGroup(alice, [bob]));
    await second.write(send(bob, group));
    const [receipt] = await first.write(send(alice, group));
    expect(receipt).toMatchObject({ conversationSeq: 3 });
    expect(conflicted).toEqual([{ partition: 0, conflict: 'event', attempt: 0 }]);
    const placed = (await first.inboxOf(bob)).flatMap((entry) => entry.event?.conversationSeq ?? []);
    expect(placed).toEqual([1, 2, 3]);
  });

  test('one that lost its partition while it was paused leaves to its successor what that may have refused', async () => {
    const { storage, first, second } = twoOwners();
    // Refused by the successor, and right after that it would be allowed.
    const command = send(bob, group);
    const [refused] = await second.write(command, createGroup(alice, [bob]));
    expect(codeOf(refused)).toBe('not_a_member');
    let asked = 0;
    const paused = openWriter({ storage, shared: first.shared, holdsLease: async () => ++asked < 1 });
    await paused.queue(command);
    const stop = new AbortController();
    paused.events.on('retried', () => stop.abort());
    await paused.carryOut(stop.signal);
    // For the attempt, and before anybody judges what it failed with.
    expect(asked).toBe(2);
    expect(paused.trace).not.toContain('commit');
    expect(paused.frames).toEqual([]);
    expect(await paused.backlog()).toBe(1);
  });

  test('what its recipients get stands above what the other wrote, though its seqs were allocated before', async () => {
    const { storage, first, second } = twoOwners();
    await first.write(createGroup(alice, [bob]));
    const late = openWriter({
      storage: beforeFirstCommit(storage, () => second.write(send(bob, group))),
      shared: first.shared,
    });
    await late.write(send(alice, group));
    const placed = (await first.inboxOf(bob)).map((entry) => entry.event?.conversationSeq ?? 'void');
    expect(placed).toEqual([1, 'void', 2, 3]);
  });

  test('seqs that were allocated in vain are closed in the same commit, so that no reader waits', async () => {
    const { storage, first, second } = twoOwners();
    await first.write(createGroup(alice, [bob, carol]));
    const leaving = beforeFirstCommit(storage, () => second.write(removeMembers(carol, [carol])));
    const late = openWriter({ storage: leaving, shared: first.shared });
    await late.write(send(alice, group));
    const before = first.clock.monotonic();
    expect((await first.inboxOf(carol)).map((entry) => entry.event?.type ?? 'void')).toEqual([
      'conversation.created',
      'void',
      'members.removed',
    ]);
    expect(first.clock.monotonic()).toBe(before);
    expect(late.trace.filter((step) => step === 'committed')).toHaveLength(1);
  });

  test('and the store was away meanwhile, the order still holds', async () => {
    const { storage, first, second } = twoOwners();
    await first.write(createGroup(alice, [bob]));
    const away = beforeFirstCommit(storage, async () => {
      await second.write(send(bob, group));
      throw new UnavailableError('connection lost');
    });
    const late = openWriter({ storage: away, shared: first.shared });
    await late.write(send(alice, group), send(alice, group));
    const placed = (await first.inboxOf(bob)).flatMap((entry) => entry.event?.conversationSeq ?? []);
    expect(placed).toEqual([1, 2, 3, 4]);
  });
});

describe('when a seq is taken', () => {
  test('counters are raised to the store, and the batch runs again above them', async () => {
    const writer = openWriter();
    await writer.write(send(alice, direct));
    const raised = recorded(writer.events, 'counters-raised');
    const conflicted = recorded(writer.events, 'conflicted');
    await writer.storage.inbox.append([{ userId: bob, seq: 3 as Seq, ref: null, at: 0 }]);
    await writer.write(send(alice, direct));
    expect(conflicted).toEqual([{ partition: 0, conflict: 'entry', attempt: 0 }]);
    expect(raised).toHaveLength(1);
    expect((await writer.inboxOf(bob)).map((entry) => entry.event?.conversationSeq ?? 'void')).toEqual([
      1,
      2,
      'void',
      3,
    ]);
    // Alice's seq was free, and is used.
    expect((await writer.inboxOf(alice)).map((entry) => entry.event?.conversationSeq)).toEqual([1, 2, 3]);
  });

  test('by counters that were lost and came back older, nobody misses anything', async () => {
    const writer = openWriter();
    for (let n = 0; n < 3; n++) await writer.write(send(alice, direct));
    for (const { seqs } of writer.shared.counters.values()) seqs.set(bob, 1);
    await writer.write(send(alice, direct));
    expect((await writer.inboxOf(bob)).map((entry) => entry.event?.conversationSeq)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('what an owner remembers never refuses wrongly', () => {
  test('a member whom another owner added', async () => {
    const { first, second } = twoOwners();
    await first.write(createGroup(alice, [bob]));
    await second.write(addMembers(alice, [carol]));
    const [reply] = await first.write(send(carol, group));
    expect(reply).toMatchObject({ conversationSeq: 3 });
  });

  test('a conversation that another owner created', async () => {
    const { first, second } = twoOwners();
    await first.write(send(alice, direct));
    await second.write(createGroup(alice, [bob]));
    expect(codeOf((await first.write(send(bob, group)))[0])).toBeUndefined();
  });

  test('an addition that would change nothing, of a member whom another owner removed', async () => {
    const { first, second } = twoOwners();
    await first.write(createGroup(alice, [bob]));
    await second.write(removeMembers(alice, [bob]));
    const [reply] = await first.write(addMembers(alice, [bob]));
    expect(reply).toMatchObject({ conversationSeq: 3 });
    expect((await first.inboxOf(bob)).map((entry) => entry.event?.type)).toEqual([
      'conversation.created',
      'members.removed',
      'members.added',
    ]);
  });

  test('a member added together with something that is a repeat, beside another refusal', async () => {
    const { first, second } = twoOwners();
    await first.write(createGroup(alice, [bob]), createGroup(alice, [bob], { conversationId: otherGroup }));
    const add = addMembers(alice, [carol]);
    await second.write(add);
    const [, message, refusal] = await first.write(add, send(carol, group), send(carol, otherGroup));
    expect(codeOf(message)).toBeUndefined();
    expect(codeOf(refusal)).toBe('not_a_member');
  });

  test('and a refusal that is right is told once the store has been asked', async () => {
    const { first } = twoOwners();
    await first.write(createGroup(alice, [bob]));
    expect(codeOf((await first.write(send(carol, group)))[0])).toBe('not_a_member');
  });
});
