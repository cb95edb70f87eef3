import type { Event, Seq } from '@tidemark/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Feed } from '../../src/subscription/feed.ts';
import { openFeeds } from '../support/feeds.ts';
import { flushPromises } from '../support/manual-clock.ts';
import type { RecordingSink } from '../support/recording-sink.ts';

/** One thing that happens; `pick` chooses among those that are there, and does nothing where none is. */
type Step =
  | { readonly do: 'allocate' | 'commit' | 'frame' | 'repeat' | 'lose' | 'answer'; readonly pick: number }
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'stall' | 'drain' };

const pick = fc.nat(7);
const frequent = fc.record({ do: fc.constantFrom('allocate' as const, 'commit', 'frame', 'answer'), pick });
const repeat = fc.record({ do: fc.constant('repeat' as const), pick });
const lose = fc.record({ do: fc.constant('lose' as const), pick });
const tick = fc.record({ do: fc.constant('tick' as const), ms: fc.integer({ min: 1, max: 60 }) });
const flow = fc.record({ do: fc.constantFrom('stall' as const, 'drain') });

const faultless: fc.Arbitrary<Step> = fc.oneof({ weight: 8, arbitrary: frequent }, repeat, tick, flow);
const lossy: fc.Arbitrary<Step> = fc.oneof({ weight: 8, arbitrary: frequent }, repeat, tick, flow, lose);

/**
 * One user's inbox, the frames under way to this node, and reads whose answers are under way. A read sees the store as
 * it was when it was asked, and is answered whenever the steps say so: that is where a seam would be.
 */
function openWorld() {
  const answers: (() => void)[] = [];
  const feeds = openFeeds({
    page: 3,
    aheadLimit: 3,
    inbox: (inbox) => ({
      range: async (...query) => {
        const records = await inbox.range(...query);
        await new Promise<void>((resolve) => answers.push(resolve));
        return records;
      },
    }),
  });
  const allocated: number[] = [];
  const frames: { readonly seq: Seq; readonly event: Event }[] = [];
  let last = 0;

  function take<T>(items: T[], index: number): T | undefined {
    return items.splice(index % Math.max(1, items.length), 1)[0];
  }

  async function commit(index: number): Promise<void> {
    const seq = take(allocated, index);
    if (seq === undefined) return;
    const [event] = await feeds.put(seq);
    frames.push({ seq: seq as Seq, event: event as Event });
  }

  async function run(step: Step, feed: Feed, sink: RecordingSink): Promise<void> {
    if (step.do === 'tick') await feeds.clock.advance(step.ms);
    else if (step.do === 'stall') sink.stall();
    else if (step.do === 'drain') sink.drain();
    else if (step.do === 'allocate') allocated.push(++last);
    else if (step.do === 'commit') await commit(step.pick);
    else if (step.do === 'lose') take(frames, step.pick);
    else if (step.do === 'answer') answers.shift()?.();
    else if (step.do === 'frame' || step.do === 'repeat') {
      const frame = step.do === 'frame' ? take(frames, step.pick) : frames[step.pick % Math.max(1, frames.length)];
      if (frame) feed.offer(frame.seq, { event: frame.event });
    }
    await flushPromises();
  }

  /** Commits what is allocated, delivers what is under way, and answers until nobody asks. */
  async function finish(feed: Feed, sink: RecordingSink): Promise<void> {
    sink.drain();
    while (allocated.length > 0) await commit(0);
    for (const { seq, event } of frames.splice(0)) feed.offer(seq, { event });
    for (let quiet = 0; quiet < 3; quiet++) {
      await feeds.clock.advance(200);
      while (answers.length > 0) {
        answers.shift()?.();
        await flushPromises();
        quiet = 0;
      }
    }
  }

  return { ...feeds, run, finish, head: () => last };
}

const upTo = (head: number) => Array.from({ length: head }, (_, index) => index + 1);

test('frames late, repeated and in any order, reads answered at any time: no seam, and no second look', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(faultless, { maxLength: 60 }), async (steps) => {
      const world = openWorld();
      const { feed, sink } = await world.open();
      for (const step of steps) await world.run(step, feed, sink);
      await world.finish(feed, sink);
      expect(sink.seqs).toEqual(upTo(world.head()));
      expect(sink.overflown).toBe(0);
      expect(feed.isLive).toBe(true);
      feed.close();
    }),
    { numRuns: 300 },
  );
});

test('frames lost too: the comparison of heads brings the rest, each entry once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(lossy, { maxLength: 60 }), async (steps) => {
      const world = openWorld();
      const { feed, sink } = await world.open();
      for (const step of steps) await world.run(step, feed, sink);
      await world.finish(feed, sink);
      expect(sink.seqs).toEqual(upTo(sink.seqs.length));
      if (feed.cursor < world.head()) feed.readOn();
      await world.finish(feed, sink);
      expect(sink.seqs).toEqual(upTo(world.head()));
      feed.close();
    }),
    { numRuns: 200 },
  );
});
