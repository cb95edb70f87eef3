import { type Storage, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { durableRefusals } from '../../src/transfer/durable-refusals.ts';
import { addMembers, alice, bob, carol, createGroup, direct, group, send } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { codeOf, openWriter } from '../support/writer.ts';

/** A storage that counts what is asked of it about refusals. */
function counted(plain: Storage = memoryStorage()) {
  const calls: string[] = [];
  const { keepRefusals, newestRefusals } = plain.history;
  const storage: Storage = {
    ...plain,
    history: {
      ...plain.history,
      keepRefusals: async (refusals) => {
        calls.push(`keep ${refusals.length}`);
        await keepRefusals(refusals);
      },
      newestRefusals: (since, limit) => {
        calls.push('newest');
        return newestRefusals(since, limit);
      },
    },
  };
  return { storage, calls };
}

describe('what was refused stays refused', () => {
  test('for a writer that begins after the queue and all processes were lost', async () => {
    const storage = memoryStorage();
    const early = send(bob, group);
    const first = openWriter({ storage });
    expect(codeOf((await first.write(createGroup(alice, [carol]), early))[1])).toBe('not_a_member');

    const second = openWriter({ storage });
    const [, late] = await second.write(addMembers(alice, [bob]), early);
    expect(late).toMatchObject({ code: 'not_a_member', field: 'conversationId' });
    expect((await second.write({ ...early, retry: 1 }))[0]).toMatchObject({ conversationSeq: 3 });
  });

  test('and a copy of an earlier intention, too, whatever order they were kept in', async () => {
    const storage = memoryStorage();
    const early = send(bob, group);
    const first = openWriter({ storage });
    await first.write(createGroup(alice, [carol]), { ...early, retry: 2 });
    const second = openWriter({ storage });
    await second.backplane.refusals.remember(0, []);
    const told = await second.write(addMembers(alice, [bob]), early, { ...early, retry: 2 }, { ...early, retry: 3 });
    expect(told.map(codeOf)).toEqual([undefined, 'not_a_member', 'not_a_member', undefined]);
  });

  test('until the time is over for which the store keeps it', async () => {
    const storage = memoryStorage();
    const clock = new ManualClock();
    const early = send(bob, group);
    await openWriter({ storage, clock }).write(createGroup(alice, [carol]), early);
    await clock.advance(24 * 3_600_000 + 1);
    const late = await openWriter({ storage, clock }).write(addMembers(alice, [bob]), early);
    expect(codeOf(late[1])).toBeUndefined();
  });

  test('of the partition alone that decides about its conversation', async () => {
    const { storage } = counted();
    const [one, two] = [0, 1].map((partition) =>
      openWriter({ storage, partition, partitionOf: (id) => (id === group ? 0 : 1) }),
    );
    await one?.write(createGroup(alice, [carol]), send(bob, group));
    const since = async (partition: number) => {
      const writer = openWriter({ storage });
      const refusals = durableRefusals({
        shared: writer.backplane.refusals,
        store: storage.history,
        clock: writer.clock,
        retentionMs: 1e9,
        partitionOf: (id) => (id === group ? 0 : 1),
      });
      return (await refusals.since(partition, undefined)).refusals.length;
    };
    expect([await since(0), await since(1)]).toEqual([1, 0]);
    expect(two).toBeDefined();
  });
});

test('a command that is accepted asks the store nothing about refusals, once its writer has begun', async () => {
  const { storage, calls } = counted();
  const writer = openWriter({ storage });
  await writer.write(createGroup(alice, [carol]));
  expect(calls).toEqual(['newest']);
  for (let n = 0; n < 10; n++) await writer.write(send(alice, group), send(alice, direct));
  expect(calls).toEqual(['newest']);
  await writer.write(send(bob, group), send(alice, group), send(bob, group));
  expect(calls).toEqual(['newest', 'keep 2']);
});

test('a refusal is told to nobody before the store has it', async () => {
  const { storage } = counted();
  const writer = openWriter({ storage });
  const { keepRefusals } = storage.history;
  let failures = 2;
  Object.assign(storage.history, {
    keepRefusals: async (...refusals: Parameters<typeof keepRefusals>) => {
      expect(writer.frames.flatMap((frame) => frame.replies)).toEqual([]);
      if (failures-- > 0) throw new UnavailableError('connection refused');
      await keepRefusals(...refusals);
    },
  });
  expect(codeOf((await writer.write(send(bob, group)))[0])).toBe('not_a_member');
  expect(await storage.history.newestRefusals(0, 10)).toHaveLength(1);
});
