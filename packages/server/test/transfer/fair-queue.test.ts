import { systemClock } from '@tidemark/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamEntry } from '../../src/ingress/ingress-stream.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { FairQueue, type FairQueueOptions } from '../../src/transfer/fair-queue.ts';

const never = new AbortController().signal;

interface Command {
  readonly sender: string;
  readonly number: number;
  readonly rows: number;
  readonly text?: string;
}

/** Queues of one partition, one for each owner that it has in turn. */
function partition(options: Partial<FairQueueOptions> = {}) {
  const shared = createMemoryBackplaneState();
  const { ingress } = memoryBackplane({ partitions: 1, backlog: 10_000, deadLetters: 1, shared, clock: systemClock });
  const reached: string[] = [];
  const open = () => {
    const stream = ingress.open(0);
    const queue = new FairQueue(stream, {
      weigh: (body) => {
        const { sender, rows } = JSON.parse(body) as Command;
        return { sender, rows: () => rows };
      },
      batchRows: 1_000,
      batchBytes: 1 << 20,
      readAhead: 10_000,
      readAheadBytes: 1 << 23,
      reached: (limit) => reached.push(limit),
      ...options,
    });
    return { stream, queue };
  };
  const append = async (...commands: readonly Command[]): Promise<void> => {
    for (const command of commands) await ingress.append(0, JSON.stringify(command));
  };
  return { ingress, open, append, reached };
}

function numbered(count: number, sender: string, rows: number): Command[] {
  return Array.from({ length: count }, (_, number) => ({ sender, number, rows }));
}

const read = (entries: readonly StreamEntry[]) => entries.map(({ body }) => JSON.parse(body) as Command);
const rowsOf = (commands: readonly Command[]) => commands.reduce((sum, { rows }) => sum + rows, 0);

describe('a batch', () => {
  test('is what the stream holds, in its order, when that is less than a batch', async () => {
    const { open, append } = partition();
    const commands = [...numbered(3, 'heavy', 500), ...numbered(3, 'light', 2)];
    await append(...commands);
    expect(read(await open().queue.read(10, never))).toEqual(commands);
  });

  test('has the command of another user that was queued after thousands to groups', async () => {
    const { open, append } = partition();
    await append(...numbered(2_000, 'heavy', 500), { sender: 'light', number: 0, rows: 2 });
    const batch = read(await open().queue.read(200, never));
    expect(batch).toContainEqual({ sender: 'light', number: 0, rows: 2 });
    expect(rowsOf(batch)).toBeLessThanOrEqual(1_000);
    expect(batch.length).toBeGreaterThan(1);
  });

  test('has the command of another user that was queued after one hundred senders of many', async () => {
    const { open, append } = partition();
    for (let sender = 0; sender < 100; sender++) await append(...numbered(10, `heavy ${sender}`, 500));
    await append({ sender: 'light', number: 0, rows: 2 });
    const { queue } = open();
    expect(read(await queue.read(200, never)).map(({ sender }) => sender)).toContain('light');
  });

  test('has what is queued while the queue holds thousands that it read ahead', async () => {
    const { open, append } = partition();
    await append(...numbered(2_000, 'heavy', 500));
    const { queue } = open();
    await queue.read(200, never);
    await append({ sender: 'light', number: 0, rows: 2 });
    expect(read(await queue.read(200, never)).map(({ sender }) => sender)).toContain('light');
  });

  test('ends at its rows and at its bytes, and a command beyond them goes alone', async () => {
    const { open, append, reached } = partition({ batchBytes: 2_000 });
    const large = { sender: 'wide', number: 0, rows: 3_000 };
    const long = { sender: 'long', number: 0, rows: 1, text: 'x'.repeat(5_000) };
    const wordy = Array.from({ length: 4 }, (_, number) => ({ sender: 'w', number, rows: 1, text: 'x'.repeat(900) }));
    await append(large, long, ...wordy, ...numbered(6, 'heavy', 400));
    const { queue } = open();
    const batches: Command[][] = [];
    for (let left = 12; left > 0; left -= batches.at(-1)?.length ?? 0) batches.push(read(await queue.read(12, never)));
    for (const batch of batches.filter(({ length }) => length > 1)) {
      expect(rowsOf(batch)).toBeLessThanOrEqual(1_000);
      expect(JSON.stringify(batch).length).toBeLessThanOrEqual(2_100);
    }
    expect(batches).toContainEqual([large]);
    expect(batches).toContainEqual([long]);
    expect(new Set(reached)).toEqual(new Set(['batchRows', 'batchBytes']));
  });

  test('begins with what did not fit in the one before', async () => {
    const { open, append } = partition();
    await append(...numbered(3, 'a', 2), ...numbered(3, 'b', 2), ...numbered(20, 'c', 2));
    const { queue } = open();
    const first = await queue.read(6, never);
    queue.putBack(first.slice(2));
    const second = await queue.read(6, never);
    expect(read(second).slice(0, 4)).toEqual(read(first).slice(2));
  });

  test('is empty when its signal aborts, and nothing is lost by it', async () => {
    const { open, append } = partition();
    const { queue } = open();
    await append(...numbered(30, 'a', 2));
    const first = await queue.read(10, never);
    expect(await queue.read(10, AbortSignal.abort())).toEqual([]);
    const others = [...(await queue.read(10, never)), ...(await queue.read(10, never))];
    expect(read([...first, ...others])).toEqual(numbered(30, 'a', 2));
  });
});

test('the commands of a sender keep their order, and each comes once, whatever is put back', async () => {
  const command = fc.record({ sender: fc.constantFrom('a', 'b', 'c', 'd'), rows: fc.nat(1_500) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 80 }),
      fc.array(fc.record({ limit: fc.integer({ min: 1, max: 12 }), done: fc.nat(12), more: fc.nat(10) })),
      async (made, steps) => {
        const { open, append } = partition({ readAhead: 20 });
        const commands = made.map((each, number) => ({ ...each, number }));
        const { queue } = open();
        const carried: Command[] = [];
        let appended = 0;
        for (let step = 0; carried.length < commands.length; step++) {
          const { limit, done, more } = steps[step] ?? { limit: 5, done: 12, more: 80 };
          const next = commands.slice(appended, appended + Math.max(more, 1));
          appended += next.length;
          await append(...next);
          if (appended === carried.length) continue;
          const batch = await queue.read(limit, never);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(limit);
          const kept = Math.max(done, 1);
          carried.push(...read(batch.slice(0, kept)));
          queue.putBack(batch.slice(kept));
        }
        for (const sender of ['a', 'b', 'c', 'd']) {
          const isTheirs = (each: Command): boolean => each.sender === sender;
          expect(carried.filter(isTheirs)).toEqual(commands.filter(isTheirs));
        }
      },
    ),
    { numRuns: 200, seed: 7 },
  );
});

test('reading ahead ends at its entries and at its bytes, and says which', async () => {
  for (const [limit, options] of [
    ['readAhead', { readAhead: 40 }],
    ['readAheadBytes', { readAheadBytes: 40 * 40 }],
  ] as const) {
    const { open, append, reached } = partition(options);
    await append(...numbered(1_000, 'heavy', 10));
    const { stream, queue } = open();
    await queue.read(10, never);
    expect(reached).toEqual([limit]);
    const behind = read(await stream.readNow(1, never));
    expect(behind[0]?.number).toBeLessThanOrEqual(50);
  }
});

test('whoever takes over finds what was read ahead, once, and marked as read before', async () => {
  const { ingress, open, append } = partition();
  const commands = [...numbered(300, 'heavy', 100), ...numbered(20, 'light', 2)];
  await append(...commands);
  const first = open();
  const batch = await first.queue.read(100, never);
  await first.stream.acknowledge(batch.map(({ id }) => id));
  await first.stream.close();

  const second = open();
  const entries: StreamEntry[] = [];
  while (entries.length < commands.length - batch.length) entries.push(...(await second.queue.read(100, never)));
  expect(entries.every(({ redelivered }) => redelivered)).toBe(true);
  const byPlace = (a: Command, b: Command) => a.sender.localeCompare(b.sender) || a.number - b.number;
  expect([...read(batch), ...read(entries)].sort(byPlace)).toEqual([...commands].sort(byPlace));
  await second.stream.acknowledge(entries.map(({ id }) => id));
  expect(await ingress.backlog(0)).toBe(0);
});
