import { type InboxStore, type Seq, UnavailableError } from '@tidemark/core';
import { memoryInbox } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { VoidFiller } from '../../src/inbox/void-filler.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';
import { withInbox } from '../support/storage-faults.ts';

const VOID_AFTER = 2_000;

function openFiller(changed: (inbox: InboxStore) => Partial<InboxStore> = () => ({})) {
  const plain = memoryInbox();
  const inbox = withInbox(plain, changed(plain));
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const voids = new VoidFiller({ inbox, clock, events, voidAfterMs: VOID_AFTER });
  const written = recorded(events, 'void-written');
  const put = (userId: typeof alice, ...seqs: number[]) =>
    plain.append(seqs.map((seq) => ({ userId, seq: seq as Seq, ref: null, at: 1 })));
  return { inbox: plain, clock, voids, written, put };
}

describe('a hole', () => {
  test('that its writer fills in time is left alone', async () => {
    const { clock, voids, written, put } = openFiller();
    await put(alice, 2);
    const filled = voids.fill(alice, 0);
    await clock.advance(VOID_AFTER / 2);
    await put(alice, 1);
    await clock.finish(filled);
    expect(written).toEqual([]);
  });

  test('that stays is closed after the wait, not before, and said to be', async () => {
    const { clock, voids, written, put, inbox } = openFiller();
    await put(alice, 1, 4);
    const filled = voids.fill(alice, 1);
    await clock.advance(VOID_AFTER - 1);
    expect(await inbox.range(alice, 1, 10)).toHaveLength(1);
    await clock.finish(filled);
    expect(written).toEqual([{ userId: alice, seqs: [2, 3] }]);
    expect((await inbox.range(alice, 0, 10)).map((row) => row.seq)).toEqual([1, 2, 3, 4]);
  });

  test('of several seqs is closed where it is still open, when its writer comes halfway', async () => {
    const { clock, voids, written, put } = openFiller();
    await put(alice, 4);
    const filled = voids.fill(alice, 0);
    await clock.advance(100);
    await put(alice, 2);
    await clock.finish(filled);
    expect(written).toEqual([{ userId: alice, seqs: [1] }]);
  });

  test('of many seqs is closed a thousand at a time, and waited for once', async () => {
    const { clock, voids, written, put, inbox } = openFiller();
    await put(alice, 3_500);
    await clock.finish(voids.fill(alice, 0));
    expect((await inbox.range(alice, 0, 10_000)).map((row) => row.seq).slice(-2)).toEqual([1_000, 3_500]);
    for (const after of [1_000, 2_000, 3_000]) await voids.fill(alice, after);
    expect(written.map((each) => each.seqs.length)).toEqual([1_000, 1_000, 1_000, 499]);
    expect(await inbox.range(alice, 0, 10_000)).toHaveLength(3_500);
    expect(clock.sleeping).toBe(0);
  });

  test('filled in the last moment keeps what its writer wrote', async () => {
    const { clock, voids, written, put } = openFiller((inbox) => ({
      fillVoids: async (userId, seqs, at) => {
        await inbox.append([{ userId, seq: seqs[0] as Seq, ref: null, at: 7 }]);
        return inbox.fillVoids(userId, seqs, at);
      },
    }));
    await put(alice, 2);
    await clock.finish(voids.fill(alice, 0));
    expect(written).toEqual([]);
  });

  test('leaves a writer that comes too late to find its seq taken', async () => {
    const { clock, voids, put } = openFiller();
    await put(alice, 2);
    await clock.finish(voids.fill(alice, 0));
    expect(await put(alice, 1)).toEqual({ conflict: 'entry' });
  });

  test('with nothing behind it is no hole', async () => {
    const { voids, written, clock } = openFiller();
    await voids.fill(alice, 0);
    expect(written).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });
});

test('readers who meet the same hole wait for it together', async () => {
  let reads = 0;
  const { clock, voids, written, put } = openFiller((inbox) => ({
    range: (...query) => {
      reads += 1;
      return inbox.range(...query);
    },
  }));
  await put(alice, 2);
  await put(bob, 2);
  await clock.finish(voids.fill(bob, 0));
  const alone = reads;
  reads = 0;
  await clock.finish(Promise.all(Array.from({ length: 20 }, () => voids.fill(alice, 0))));
  expect(reads).toBe(alone);
  expect(written.filter((each) => each.userId === alice)).toHaveLength(1);
});

test('a fill that fails is told to everyone who waits, and the next one tries anew', async () => {
  let failing = true;
  const { clock, voids, written, put } = openFiller((inbox) => ({
    range: async (...query) => {
      if (failing) throw new UnavailableError('connection refused');
      return inbox.range(...query);
    },
  }));
  await put(alice, 2);
  const results = await Promise.allSettled([voids.fill(alice, 0), voids.fill(alice, 0)]);
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  failing = false;
  await clock.finish(voids.fill(alice, 0));
  expect(written).toHaveLength(1);
});
