import { UnavailableError } from '@tidemark/core';
import { event as eventSchema, parseWire } from '@tidemark/core/wire';
import { memoryStorage } from '@tidemark/storage-memory';
import {
  batchFor,
  buildLog,
  closeHoles,
  conversationBuilder,
  inBatches,
  logSteps,
  patiently,
  seededIds,
  seededRandom,
  seqCounter,
  writeLikeTheWriter,
} from '@tidemark/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('seeds', () => {
  test('give the same ids, times and numbers again, and others when they differ', () => {
    const draw = (seed: number) => {
      const ids = seededIds(seed);
      const random = seededRandom(seed);
      return [ids.userId('alice'), ids.commandId(), ids.messageId(), ids.groupId(), ids.now(), random(), random()];
    };
    expect(draw(7)).toEqual(draw(7));
    const [seven, eight] = [draw(7), draw(8)];
    for (const n of [0, 1, 2, 3, 5, 6]) expect(seven[n]).not.toBe(eight[n]);
  });

  test('give numbers in [0, 1) that are spread evenly', () => {
    const random = seededRandom(1);
    const buckets = new Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n++) {
      const bucket = Math.floor(random() * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    expect(buckets).toHaveLength(10);
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('a built log', () => {
  test('is dense, in order of time, and fit for the wire', () => {
    fc.assert(
      fc.property(logSteps(), (steps) => {
        const { events } = buildLog(seededIds(), steps);
        expect(events.map((each) => each.conversationSeq)).toEqual(events.map((_, n) => n + 1));
        expect(events.map((each) => each.at)).toEqual(events.map((each) => each.at).sort((a, b) => a - b));
        expect(events.map((each) => parseWire(eventSchema, each))).toEqual(events);
      }),
    );
  });

  test('is whole when cut into batches', () => {
    const chat = conversationBuilder();
    for (let n = 0; n < 9; n++) chat.message();
    const batches = inBatches(chat.events, [3, 0, 2]);
    expect(batches.map((batch) => batch.length)).toEqual([3, 1, 2, 3, 1]);
    expect(batches.flat()).toEqual(chat.events);
  });

  test('gives every recipient one row for each event, numbered without holes', () => {
    const ids = seededIds();
    const [alice, carol] = [ids.userId('alice'), ids.userId('carol')];
    const chat = conversationBuilder({ ids });
    chat.message();
    chat.add([carol]);
    chat.remove([carol], carol);
    chat.message();
    const { rows } = batchFor(chat, chat.events, seqCounter());
    const of = (userId: string) => rows.filter((row) => row.userId === userId);
    expect(of(alice).map((row) => [row.seq, row.ref?.conversationSeq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 5],
    ]);
    expect(of(carol).map((row) => [row.seq, row.ref?.conversationSeq])).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});

describe('the model of the writer', () => {
  test('gives up after its rounds', async () => {
    const storage = memoryStorage();
    const refusing = { ...storage, commit: async () => ({ conflict: 'entry' }) as const };
    const writing = writeLikeTheWriter(refusing, seqCounter(), conversationBuilder().events, { rounds: 3 });
    await expect(writing).rejects.toThrow('the batch met a conflict in every round');
  });

  test('closes the holes below the head, and nothing else', async () => {
    const { inbox } = memoryStorage();
    const userId = seededIds().userId('alice');
    expect(await closeHoles(inbox, userId, 1)).toEqual([]);
    await inbox.append([{ userId, seq: 4 as never, ref: null, at: 1 }]);
    expect(await closeHoles(inbox, userId, 1)).toEqual([1, 2, 3]);
    expect(await closeHoles(inbox, userId, 1)).toEqual([]);
  });

  test('is patient with what may pass, and with nothing else', async () => {
    let calls = 0;
    const busyTwice = async () => {
      if (++calls < 3) throw new UnavailableError('busy');
      return calls;
    };
    expect(await patiently(busyTwice)).toBe(3);
    await expect(patiently(() => Promise.reject(new UnavailableError('busy')), 5)).rejects.toThrow('busy');
    let attempts = 0;
    const defect = () => Promise.reject(new TypeError(`attempt ${++attempts}`));
    await expect(patiently(defect)).rejects.toThrow('attempt 1');
  });
});
