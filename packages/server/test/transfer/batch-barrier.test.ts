import { describe, expect, test } from 'vitest';
import { BatchBarrier } from '../../src/transfer/batch-barrier.ts';
import { flushPromises, ManualClock } from '../support/manual-clock.ts';

/** Partitions that note when they begin a round, and whose batches last until the test ends them. */
function partitions() {
  const clock = new ManualClock();
  const barrier = new BatchBarrier(clock);
  const begun: string[] = [];
  const next = (name: string): void => void barrier.wait().then(() => begun.push(name));
  const work = (): (() => Promise<void>) => {
    let end = (): void => {};
    const batch = new Promise<void>((resolve) => {
      end = resolve;
    });
    void barrier.run(() => batch);
    return async () => {
      end();
      await flushPromises();
    };
  };
  return { clock, barrier, begun, next, work };
}

describe('a round', () => {
  test('begins at once while no batch is in work', async () => {
    const { clock, begun, next } = partitions();
    next('a');
    next('b');
    await flushPromises();
    expect(begun).toEqual(['a', 'b']);
    expect(clock.sleeping).toBe(0);
  });

  test('begins for all who wait when the last batch in work has ended', async () => {
    const { clock, begun, next, work } = partitions();
    const [first, second] = [work(), work()];
    next('a');
    await first();
    next('b');
    expect(begun).toEqual([]);
    await second();
    await flushPromises();
    expect(begun).toEqual(['a', 'b']);
    expect(clock.sleeping).toBe(0);
  });

  test('takes along who ends a batch in the same turn', async () => {
    const { barrier, begun, next } = partitions();
    const batch = Promise.resolve();
    next('a');
    void barrier.run(() => batch).then(() => next('b'));
    await flushPromises();
    await flushPromises();
    expect(begun).toEqual(['a', 'b']);
  });

  test('waits for a batch that takes long for 50 ms only', async () => {
    const { clock, begun, next, work } = partitions();
    const slow = work();
    next('a');
    await clock.advance(49);
    expect(begun).toEqual([]);
    await clock.advance(1);
    expect(begun).toEqual(['a']);
    // And no longer for it.
    next('a');
    await flushPromises();
    expect(begun).toEqual(['a', 'a']);
    await slow();
    next('slow');
    await flushPromises();
    expect(begun).toEqual(['a', 'a', 'slow']);
    expect(clock.sleeping).toBe(0);
  });

  test('begins after a batch that failed', async () => {
    const { barrier, begun, next } = partitions();
    await expect(barrier.run(() => Promise.reject(new Error('poison')))).rejects.toThrow('poison');
    next('a');
    await flushPromises();
    expect(begun).toEqual(['a']);
  });
});
