import { TidemarkError } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import type { PartitionReader, StreamEntry } from '../../src/ingress/ingress-stream.ts';
import { endsWithin, eventually, PATIENCE_MS } from '../support/eventually.ts';
import type { Deploy } from './deployment.ts';

const never = new AbortController().signal;
/** ms; far less than a read waits for entries by itself. */
const WAIT_MS = 1_000;

export function describeIngress(name: string, deploy: Deploy): void {
  describe(`ingress stream of ${name}`, () => {
    it('gives what one process appends in the order of its calls', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const bodies = numbered('body', 1_200);
      await Promise.all(bodies.map((body) => ingress.append(0, body)));
      const reader = ingress.open(0);
      expect(bodiesOf(await readAll(reader, bodies.length))).toEqual(bodies);
    });

    it('keeps the order of each of two processes that append at once', async () => {
      await using deployment = deploy();
      const processes = [deployment.process(), deployment.process()];
      await Promise.all(
        processes.flatMap(({ ingress }, index) => numbered(`p${index}`, 200).map((body) => ingress.append(1, body))),
      );
      const read = bodiesOf(await readAll((processes[0] as (typeof processes)[0]).ingress.open(1), 400));
      for (const index of [0, 1]) {
        expect(read.filter((body) => body.startsWith(`p${index}`))).toEqual(numbered(`p${index}`, 200));
      }
    });

    it('waits for the first entry and gives it at once', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      await reader.read(1, AbortSignal.timeout(100));
      const reading = reader.read(10, never);
      await ingress.append(0, 'first');
      // Had the entry not ended it, the read would have been answered without entries when it had waited long enough.
      expect(bodiesOf(await reading)).toEqual(['first']);
    });

    it('gives nothing when the signal aborts, and loses nothing by it', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      for (const round of numbered('round', 5)) {
        const abort = new AbortController();
        const reading = reader.read(10, abort.signal);
        setImmediate(() => abort.abort());
        expect(await reading).toEqual([]);
        await ingress.append(0, round);
        expect(bodiesOf(await readAll(reader, 1))).toEqual([round]);
      }
      expect(await reader.read(10, AbortSignal.abort())).toEqual([]);
    });

    it('gives what is there at once to a reader that does not wait, and what follows to the next read', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      expect(await reader.readNow(10, never)).toEqual([]);
      const bodies = numbered('body', 25);
      await Promise.all(bodies.map((body) => ingress.append(0, body)));
      const read = await reader.readNow(10, never);
      expect(read).toHaveLength(10);
      read.push(...(await reader.read(5, never)), ...(await reader.readNow(20, never)));
      expect(bodiesOf(read)).toEqual(bodies);
      expect(await reader.readNow(10, never)).toEqual([]);
      await reader.acknowledge(read.map(({ id }) => id));
      expect(await reader.readNow(10, never)).toEqual([]);
      expect(await reader.readNow(10, AbortSignal.abort())).toEqual([]);
      const waiting = reader.read(10, never);
      await ingress.append(0, 'later');
      expect(bodiesOf(await waiting)).toEqual(['later']);
    });

    it('gives at most as many as asked for', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const bodies = numbered('body', 10);
      await Promise.all(bodies.map((body) => ingress.append(0, body)));
      const reader = ingress.open(0);
      const read: StreamEntry[] = [];
      while (read.length < bodies.length) {
        const entries = await reader.read(3, never);
        expect(entries.length).toBeLessThanOrEqual(3);
        read.push(...entries);
      }
      expect(bodiesOf(read)).toEqual(bodies);
    });

    it('gives an entry to a reader once, acknowledged or not', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      const seen: string[] = [];
      for (const [index, body] of numbered('body', 30).entries()) {
        await ingress.append(0, body);
        const entries = await readAll(reader, 1);
        seen.push(...bodiesOf(entries));
        if (index % 3 === 0) await reader.acknowledge(entries.map((entry) => entry.id));
      }
      expect(seen).toEqual(numbered('body', 30));
    });

    it('marks new entries as not delivered before', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      await reader.read(1, AbortSignal.timeout(100));
      await Promise.all(numbered('body', 20).map((body) => ingress.append(0, body)));
      expect((await readAll(reader, 20)).map((entry) => entry.redelivered)).toEqual(Array(20).fill(false));
    });

    it('gives the next owner what a closed reader did not acknowledge, first and marked', async () => {
      await using deployment = deploy();
      const [one, two] = [deployment.process(), deployment.process()];
      await Promise.all(numbered('old', 10).map((body) => one.ingress.append(0, body)));
      const former = one.ingress.open(0);
      const read = await readAll(former, 10);
      await former.acknowledge(read.filter((_, index) => index % 2 === 0).map((entry) => entry.id));
      await former.close();
      await two.ingress.append(0, 'new');
      const again = await readAll(two.ingress.open(0), 6);
      expect(bodiesOf(again)).toEqual(['old 1', 'old 3', 'old 5', 'old 7', 'old 9', 'new']);
      expect(again.slice(0, 5).every((entry) => entry.redelivered)).toBe(true);
    });

    it('gives a new owner everything in order while the former one still reads', async () => {
      await using deployment = deploy();
      const [one, two] = [deployment.process(), deployment.process()];
      const former = one.ingress.open(0);
      await one.ingress.append(0, 'a');
      await readAll(former, 1);
      const formerReading = former.read(10, never);
      const owner = two.ingress.open(0);
      const read = await readAll(owner, 1);
      expect(read).toMatchObject([{ body: 'a', redelivered: true }]);
      await Promise.all(numbered('b', 50).map((body) => one.ingress.append(0, body)));
      expect(bodiesOf(await readAll(owner, 50))).toEqual(numbered('b', 50));
      await former.close();
      await formerReading;
    });

    it('has no more of what was acknowledged, and ignores ids it does not know', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      await Promise.all(numbered('body', 5).map((body) => ingress.append(0, body)));
      expect(await ingress.backlog(0)).toBe(5);
      const reader = ingress.open(0);
      const entries = await readAll(reader, 5);
      expect(await ingress.backlog(0)).toBe(5);
      await reader.acknowledge(['nonsense', '0-1', '999999999999999-0', ...entries.map((entry) => entry.id)]);
      await reader.acknowledge(entries.map((entry) => entry.id));
      await reader.acknowledge([]);
      expect(await ingress.backlog(0)).toBe(0);
      expect(await ingress.open(0).read(1, AbortSignal.timeout(50))).toEqual([]);
    });

    it('says how long the oldest entry has been there', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      expect(await ingress.lag(0)).toBe(0);
      await ingress.append(0, 'first');
      const reader = ingress.open(0);
      const [first] = await readAll(reader, 1);
      await eventually('the entry is 30 ms old', async () => (await ingress.lag(0)) >= 30);
      const since = performance.now();
      await ingress.append(0, 'second');
      expect(await ingress.lag(0)).toBeGreaterThanOrEqual(30);
      await reader.acknowledge([first?.id ?? '']);
      // An id has whole milliseconds.
      expect(await ingress.lag(0)).toBeLessThanOrEqual(performance.now() - since + 2);
      expect(await ingress.lag(1)).toBe(0);
    });

    it('refuses as overloaded what goes past the backlog, and takes more once there is room', async () => {
      await using deployment = deploy({ backlog: 5 });
      const [one, two] = [deployment.process(), deployment.process()];
      const outcomes = await Promise.allSettled(
        numbered('body', 12).map((body, index) => (index % 2 ? one : two).ingress.append(0, body)),
      );
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
      expect(refused).toHaveLength(7);
      for (const error of refused) {
        expect(error).toBeInstanceOf(TidemarkError);
        expect(error).toMatchObject({ code: 'overloaded' });
      }
      expect(await one.ingress.backlog(0)).toBe(5);
      await one.ingress.append(1, 'another partition');
      const reader = one.ingress.open(0);
      const entries = await readAll(reader, 5);
      await expect(one.ingress.append(0, 'still full')).rejects.toMatchObject({ code: 'overloaded' });
      await reader.acknowledge(entries.slice(0, 1).map((entry) => entry.id));
      await one.ingress.append(0, 'fits');
      expect(bodiesOf(await readAll(reader, 1))).toEqual(['fits']);
    });

    it('refuses as overloaded what goes past the bytes of the backlog, and takes more once there is room', async () => {
      await using deployment = deploy({ backlogBytes: 1_000 });
      const [one, two] = [deployment.process(), deployment.process()];
      const body = 'ü'.repeat(100);
      for (const { ingress } of [one, two, one, two, one]) await ingress.append(0, body);
      for (const { ingress } of [one, two]) {
        await expect(ingress.append(0, 'x')).rejects.toMatchObject({
          code: 'overloaded',
          limit: 'tuning.backlogBytes',
          message: expect.stringContaining('(tuning.backlogBytes)'),
        });
      }
      await one.ingress.append(1, 'another partition');
      const reader = one.ingress.open(0);
      const [first, bad, ...others] = (await readAll(reader, 5)) as [StreamEntry, StreamEntry, ...StreamEntry[]];
      await reader.acknowledge([first.id, first.id, 'nonsense']);
      await one.ingress.append(0, body);
      await expect(two.ingress.append(0, 'x')).rejects.toMatchObject({ limit: 'tuning.backlogBytes' });
      await reader.park(bad, 'why');
      await two.ingress.append(0, body);
      await expect(one.ingress.append(0, 'x')).rejects.toMatchObject({ limit: 'tuning.backlogBytes' });
      const last = await readAll(reader, 2);
      await reader.acknowledge([...others, ...last].map(({ id }) => id));
      await one.ingress.append(0, 'x'.repeat(1_000));
    });

    it('counts the bytes of a burst as it counts its entries', async () => {
      await using deployment = deploy({ backlogBytes: 1_000 });
      const { ingress } = deployment.process();
      const outcomes = await Promise.allSettled(
        numbered('body', 50).map((body) => ingress.append(0, body.padEnd(100))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      expect(bodiesOf(await readAll(ingress.open(0), 10)).map((body) => body.trim())).toEqual(numbered('body', 10));
    });

    it('refuses the same bytes where few commands need no counting, however the length went up and down', async () => {
      // Five commands of at most 200 bytes can't fill it.
      await using deployment = deploy({ backlogBytes: 1_000, commandBytes: 200 });
      const { ingress } = deployment.process();
      const body = 'ü'.repeat(50);
      const fill = async (count: number): Promise<void> => {
        for (let appended = 0; appended < count; appended++) await ingress.append(0, body);
        await expect(ingress.append(0, 'x')).rejects.toMatchObject({
          code: 'overloaded',
          limit: 'tuning.backlogBytes',
        });
      };
      const reader = ingress.open(0);
      const acknowledge = async (count: number): Promise<void> => {
        await reader.acknowledge((await readAll(reader, count)).map(({ id }) => id));
      };
      await fill(10);
      await acknowledge(3);
      await fill(3);
      // Down to where nothing is counted, and up again, also at once.
      await acknowledge(9);
      await reader.park((await readAll(reader, 1))[0] as StreamEntry, 'why');
      await fill(10);
      await acknowledge(8);
      const burst = await Promise.allSettled(numbered('body', 20).map(() => ingress.append(0, body)));
      expect(burst.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
      await acknowledge(10);
      expect(await ingress.backlog(0)).toBe(0);
    });

    it('parks an entry with its reason, once, and gives it to nobody again', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      await ingress.append(0, 'bad');
      await ingress.append(0, 'good');
      const reader = ingress.open(0);
      const [bad, good] = (await readAll(reader, 2)) as [StreamEntry, StreamEntry];
      const before = Date.now();
      await reader.park(bad, 'no "reason" at all: ✗');
      await reader.park(bad, 'again');
      const letters = await deployment.deadLetters(0);
      expect(letters).toMatchObject([{ reason: 'no "reason" at all: ✗', body: 'bad' }]);
      expect(letters[0]?.at).toBeGreaterThanOrEqual(before);
      expect(letters[0]?.at).toBeLessThanOrEqual(Date.now());
      await reader.close();
      expect(await readAll(ingress.open(0), 1)).toEqual([{ ...good, redelivered: true }]);
      expect(await deployment.deadLetters(1)).toEqual([]);
    });

    it('keeps the newest dead letters only', async () => {
      await using deployment = deploy({ deadLetters: 3 });
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      for (const body of numbered('bad', 5)) {
        await ingress.append(0, body);
        const [entry] = (await readAll(reader, 1)) as [StreamEntry];
        await reader.park(entry, 'why');
      }
      expect((await deployment.deadLetters(0)).map((letter) => letter.body)).toEqual(['bad 2', 'bad 3', 'bad 4']);
    });

    it('removes the dead letters that are picked, and no others', async () => {
      await using deployment = deploy({ deadLetters: 200 });
      const { ingress } = deployment.process();
      const readers = [ingress.open(0), ingress.open(1)];
      await (readers[0] as PartitionReader).removeDead(() => true);
      for (const [partition, reader] of readers.entries()) {
        for (const body of numbered('bad', 120)) {
          await ingress.append(partition, body);
          const [entry] = (await readAll(reader, 1)) as [StreamEntry];
          await reader.park(entry, 'why');
        }
      }
      await (readers[0] as PartitionReader).removeDead((body) => Number(body.split(' ')[1]) % 3 === 0);
      const left = async (partition: number) => (await deployment.deadLetters(partition)).map(({ body }) => body);
      expect(await left(0)).toEqual(numbered('bad', 120).filter((_, nth) => nth % 3 !== 0));
      expect(await left(1)).toHaveLength(120);
      await (readers[0] as PartitionReader).removeDead(() => true);
      expect(await left(0)).toEqual([]);
    });

    it('gives bodies back as they were', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const bodies = [
        '',
        '\0\r\n$5\r\n',
        '{"a":"\\u0000"}',
        'नमस्ते 👩‍👩‍👧 \u2028',
        '--',
        'x'.repeat(1 << 20),
        'y'.repeat(1 << 20),
      ];
      await Promise.all(bodies.map((body) => ingress.append(0, body)));
      expect(bodiesOf(await readAll(ingress.open(0), bodies.length))).toEqual(bodies);
    });

    it('ends a waiting read when the reader is closed, and gives nothing afterwards', async () => {
      await using deployment = deploy();
      const { ingress } = deployment.process();
      const reader = ingress.open(0);
      await reader.read(1, AbortSignal.timeout(50));
      const reading = reader.read(1, never);
      await endsWithin(WAIT_MS, reader.close());
      expect(await endsWithin(WAIT_MS, reading)).toEqual([]);
      await ingress.append(0, 'late');
      expect(await reader.read(1, never)).toEqual([]);
      await reader.close();
    });

    it('closes a reader that never read', async () => {
      await using deployment = deploy();
      await deployment.process().ingress.open(0).close();
    });
  });
}

/** Reads until there are `count` entries; as failures of the reader are the caller's to judge, the first one ends it. */
export async function readAll(reader: PartitionReader, count: number): Promise<StreamEntry[]> {
  const entries: StreamEntry[] = [];
  const impatience = AbortSignal.timeout(PATIENCE_MS);
  while (entries.length < count) {
    if (impatience.aborted) throw new Error(`read ${entries.length} of ${count} entries within ${PATIENCE_MS} ms`);
    entries.push(...(await reader.read(count - entries.length, impatience)));
  }
  return entries;
}

export function bodiesOf(entries: readonly StreamEntry[]): string[] {
  return entries.map((entry) => entry.body);
}

export function numbered(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${what} ${index}`);
}
