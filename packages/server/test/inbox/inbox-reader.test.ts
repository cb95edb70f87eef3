import {
  composeStorage,
  DEFAULT_LIMITS,
  type Epoch,
  type Event,
  fingerprintAt,
  fingerprintOf,
  type InboxEntry,
  type Seq,
  type Storage,
} from '@tidemark/core';
import { memoryHistory, memoryInbox, memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { InboxReader } from '../../src/inbox/inbox-reader.ts';
import { VoidFiller } from '../../src/inbox/void-filler.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { bob } from '../support/commands.ts';
import { openInboxRows } from '../support/inbox-rows.ts';
import { ManualClock } from '../support/manual-clock.ts';

function openReader(storage: Storage = memoryStorage()) {
  const clock = new ManualClock();
  const voids = new VoidFiller({ inbox: storage.inbox, clock, events: new ServerEventBus(), voidAfterMs: 2_000 });
  return { ...openInboxRows({ storage }), clock, reader: new InboxReader(storage, voids) };
}

function seqs(entries: InboxEntry[] | 'floor'): (number | string)[] {
  return entries === 'floor' ? ['floor'] : entries.map(({ seq, event }) => (event ? seq : `void ${seq}`));
}

describe('entries after a cursor', () => {
  test('are those the store holds, ascending, with their events', async () => {
    const { reader, userId, put } = openReader();
    const events = await put(1, 2, 3);
    const entries = await reader.after(userId, 1, 10);
    expect(entries).toEqual([
      { seq: 2, event: events[1] },
      { seq: 3, event: events[2] },
    ]);
  });

  test('are known to who watches for a store that is set back: the last event of each page, of the store as it was then', async () => {
    const storage = memoryStorage();
    const { put, userId } = openInboxRows({ storage });
    const delivered: unknown[] = [];
    const watch = { count: 3, delivered: (...args: unknown[]) => void delivered.push(args) };
    const voids = new VoidFiller({
      inbox: storage.inbox,
      clock: new ManualClock(),
      events: new ServerEventBus(),
      voidAfterMs: 2_000,
    });
    const reader = new InboxReader(storage, voids, DEFAULT_LIMITS, watch);
    const [, second] = await put(1, 2);
    await storage.inbox.fillVoids(userId, [3 as Seq], 0);
    await reader.after(userId, 0, 10);
    await reader.after(userId, 2, 10);
    expect(delivered).toEqual([[userId, { seq: 2, event: second }, 3]]);
  });

  test('are none at the head, and for a user without an inbox', async () => {
    const { reader, userId, put } = openReader();
    await put(1);
    expect(await reader.after(userId, 1, 10)).toEqual([]);
    expect(await reader.after(bob, 0, 10)).toEqual([]);
  });

  test('are at most the limit', async () => {
    const { reader, userId, put } = openReader();
    await put(1, 2, 3);
    expect(seqs(await reader.after(userId, 0, 2))).toEqual([1, 2]);
  });

  test('end before the first hole, at once', async () => {
    const { reader, userId, put, clock } = openReader();
    await put(1, 2, 4);
    expect(seqs(await reader.after(userId, 0, 10))).toEqual([1, 2]);
    expect(clock.sleeping).toBe(0);
  });

  test('hold voids, as places without an event', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 3);
    await storage.inbox.fillVoids(userId, [2 as Seq], 0);
    expect(seqs(await reader.after(userId, 0, 10))).toEqual([1, 'void 2', 3]);
  });

  test('are joined from another store, where the inbox holds references alone', async () => {
    const { reader, userId, put } = openReader(composeStorage({ history: memoryHistory(), inbox: memoryInbox() }));
    const events = await put(1, 2);
    expect(await reader.after(userId, 0, 10)).toEqual(events.map((event, index) => ({ seq: index + 1, event })));
  });

  test('that refer to what the history lacks are an error that names the place, never skipped', async () => {
    const { reader, userId, storage, conversationId } = openReader(
      composeStorage({ history: memoryHistory(), inbox: memoryInbox() }),
    );
    const ref = { conversationId, conversationSeq: 9 as never };
    await storage.inbox.append([{ userId, seq: 1 as Seq, ref, at: 0 }]);
    await expect(reader.after(userId, 0, 10)).rejects.toThrow(`${conversationId}/9`);
  });
});

describe('a hole at the start', () => {
  test('is waited for, and its writer wins', async () => {
    const { reader, userId, put, clock } = openReader();
    await put(2);
    const reading = reader.after(userId, 0, 10);
    await clock.advance(500);
    await put(1);
    expect(seqs(await clock.finish(reading))).toEqual([1, 2]);
    expect(clock.monotonic()).toBeLessThan(1_000);
  });

  test('that nobody fills is closed with a void', async () => {
    const { reader, userId, put, clock } = openReader();
    await put(1, 4);
    expect(seqs(await clock.finish(reader.after(userId, 1, 10)))).toEqual(['void 2', 'void 3', 4]);
  });

  test('below which retention has removed everything is the floor, and no hole', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 2, 3);
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 2);
    expect(await reader.after(userId, 1, 10)).toBe('floor');
    expect(seqs(await reader.after(userId, 2, 10))).toEqual([3]);
  });
});

describe('where to start', () => {
  const epoch = (storage: Storage) => storage.inbox.epoch;

  test('without a cursor is the head, as a new device', async () => {
    const { reader, userId, put } = openReader();
    await put(1, 2);
    expect(await reader.start(userId, undefined)).toMatchObject({ seq: 2, head: 2, reset: 'new' });
    expect(await reader.start(bob, undefined)).toMatchObject({ seq: 0, head: 0, reset: 'new' });
  });

  test('is the cursor, wherever it stands between floor and head', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 2, 3);
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 1);
    for (const seq of [1, 2, 3]) {
      expect(await reader.start(userId, { epoch: epoch(storage), seq: seq as Seq })).toMatchObject({
        seq,
        head: 3,
        reset: undefined,
      });
    }
  });

  test('is the head with the reason, when the cursor cannot be continued from', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 2, 3);
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 1);
    const start = (of: Epoch, seq: number) => reader.start(userId, { epoch: of, seq: seq as Seq });
    expect(await start('another' as Epoch, 2)).toMatchObject({ seq: 3, head: 3, reset: 'epoch' });
    expect(await start(epoch(storage), 0)).toMatchObject({ seq: 3, head: 3, reset: 'floor' });
    expect(await start(epoch(storage), 4)).toMatchObject({ seq: 3, head: 3, reset: 'ahead' });
  });

  test('is the cursor when its fingerprint is of what stands there, also above voids, and the head of a store that was set back', async () => {
    const { reader, userId, put, storage } = openReader();
    const [first, second] = (await put(1, 2)) as unknown as readonly [Event, Event];
    await storage.inbox.fillVoids(userId, [3 as Seq], 0);
    await put(4);
    const start = (seq: number, fingerprint?: string) =>
      reader.start(userId, {
        epoch: epoch(storage),
        seq: seq as Seq,
        ...(fingerprint !== undefined && { fingerprint }),
      });
    expect(await start(1, fingerprintOf(first))).toEqual({
      seq: 1,
      head: 4,
      reset: undefined,
      fingerprint: fingerprintOf(first),
    });
    expect(await start(3, fingerprintOf(second))).toMatchObject({ seq: 3, reset: undefined });
    // As older versions issued it.
    expect(await start(3)).toMatchObject({ seq: 3, reset: undefined, fingerprint: fingerprintOf(second) });
    for (const [seq, fingerprint] of [
      [1, fingerprintOf(second)],
      [2, fingerprintOf(first)],
      [3, fingerprintOf(first)],
    ] as const) {
      expect(await start(seq, fingerprint)).toMatchObject({ seq: 4, head: 4, reset: 'ahead' });
    }
  });

  test.each([17, 40, 700])(
    'is looked for below %i voids, as many as a store that was set back may have',
    async (voids) => {
      const { reader, userId, put, storage } = openReader();
      const [event] = (await put(1)) as unknown as readonly [Event];
      const seqs = Array.from({ length: voids }, (_, index) => (index + 2) as Seq);
      await storage.inbox.fillVoids(userId, seqs, 0);
      const start = (fingerprint: string) =>
        reader.start(userId, { epoch: epoch(storage), seq: (voids + 1) as Seq, fingerprint });
      expect(await start(fingerprintOf(event))).toMatchObject({ reset: undefined });
      expect(await start('0')).toMatchObject({ reset: 'ahead' });
    },
  );

  test('is the head of a store that was set back to when the newest of what came together was there, and not what came late', async () => {
    const [kept, setBack] = [openReader(), openReader()];
    for (const { put } of [kept, setBack]) await put(1, 2, 5);
    await kept.put(3, 4);
    const came = await kept.reader.after(kept.userId, 2, 10);
    if (came === 'floor') throw new Error('nothing was removed');
    const fingerprint = fingerprintAt(came, undefined);
    const cursor = (storage: Storage) => ({ epoch: epoch(storage), seq: 5 as Seq, fingerprint });
    await setBack.storage.inbox.fillVoids(setBack.userId, [3 as Seq, 4 as Seq], 0);
    await setBack.put(6);
    expect(await kept.reader.start(kept.userId, cursor(kept.storage))).toMatchObject({ seq: 5, fingerprint });
    expect(await setBack.reader.start(setBack.userId, cursor(setBack.storage))).toMatchObject({
      seq: 6,
      reset: 'ahead',
    });
  });

  test('is the cursor where retention has removed what came together with what it stands on', async () => {
    const { put, reader, userId, storage } = openReader();
    const events = await put(1, 2, 3, 4);
    const fingerprint = fingerprintAt(
      events.map((event) => ({ event })),
      undefined,
    );
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 2);
    expect(await reader.start(userId, { epoch: epoch(storage), seq: 4 as Seq, fingerprint })).toMatchObject({ seq: 4 });
  });

  test('is the head when the store has nothing but voids up to the cursor, and nothing was removed', async () => {
    const { reader, userId, storage } = openReader();
    await storage.inbox.fillVoids(userId, [1 as Seq, 2 as Seq], 0);
    const cursor = { epoch: epoch(storage), seq: 2 as Seq, fingerprint: '0' };
    expect(await reader.start(userId, cursor)).toMatchObject({ seq: 2, reset: 'ahead' });
  });

  test('is the head when the store has nothing at the cursor, though more above it', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 2, 5);
    const cursor = { epoch: epoch(storage), seq: 4 as Seq, fingerprint: '0'.repeat(11) };
    expect(await reader.start(userId, cursor)).toMatchObject({ seq: 2, head: 5, reset: 'ahead' });
  });

  test('is the cursor at the floor, whose entry is no longer there to be compared', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 2, 3);
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 2);
    const cursor = { epoch: epoch(storage), seq: 2 as Seq, fingerprint: '0'.repeat(11) };
    expect(await reader.start(userId, cursor)).toMatchObject({ seq: 2, reset: undefined });
  });
});

test('heads are the newest seq of each user, 0 without an inbox', async () => {
  const { reader, userId, put } = openReader();
  await put(1, 2);
  expect(await reader.heads([userId, bob])).toEqual(
    new Map([
      [userId, 2],
      [bob, 0],
    ]),
  );
});

describe('the contiguous head', () => {
  test('is the head of an inbox without holes, and 0 of none', async () => {
    const { reader, userId, put } = openReader();
    await put(1, 2);
    expect((await reader.contiguousHead(userId)).seq).toBe(2);
    expect((await reader.contiguousHead(bob)).seq).toBe(0);
  });

  test('lies below what a slower writer may still fill, so that whoever begins there has it', async () => {
    const { reader, userId, put } = openReader();
    await put(1, 2, 4, 5);
    expect((await reader.contiguousHead(userId)).seq).toBe(2);
    expect(await reader.start(userId, undefined)).toMatchObject({ seq: 2, head: 5, reset: 'new' });
    await put(3);
    expect((await reader.contiguousHead(userId)).seq).toBe(5);
  });

  test('is 0 while the very first entry is missing', async () => {
    const { reader, userId, put } = openReader();
    await put(2);
    expect((await reader.contiguousHead(userId)).seq).toBe(0);
  });

  test('is not below the floor', async () => {
    const { reader, userId, put, storage } = openReader();
    await put(1, 2, 3, 5);
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 2);
    expect((await reader.contiguousHead(userId)).seq).toBe(3);
  });
});
