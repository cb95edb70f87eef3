import { type Event, type Seq, UnavailableError } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { bob } from '../support/commands.ts';
import { HEADS_EVERY, NODE, openFeeds, PRESENCE_TTL } from '../support/feeds.ts';
import { recorded } from '../support/recorded.ts';

describe('presence', () => {
  test('is there from the first feed of a user to the last', async () => {
    const { hub, open, userId, backplane } = openFeeds();
    const nodes = async () => (await backplane.presence.nodesOf([userId])).get(userId);
    const first = await open();
    const second = await open();
    expect(await nodes()).toEqual([NODE]);
    expect([hub.users, hub.count(userId)]).toEqual([1, 2]);
    await hub.remove(first.feed);
    expect(await nodes()).toEqual([NODE]);
    await hub.remove(second.feed);
    expect(await nodes()).toBeUndefined();
    expect([hub.users, hub.count(userId)]).toEqual([0, 0]);
  });

  test('is renewed before it runs out', async () => {
    const { hub, open, userId, backplane, clock } = openFeeds();
    hub.start();
    await open();
    await clock.advance(10 * PRESENCE_TTL);
    expect((await backplane.presence.nodesOf([userId])).get(userId)).toEqual([NODE]);
    await hub.close();
  });

  test('stays when a feed of the same user opens while the last one leaves', async () => {
    const { hub, open, userId, backplane } = openFeeds();
    const leaving = await open();
    const { leave } = backplane.presence;
    let gone = (): void => {};
    backplane.presence.leave = async (...users) => {
      await new Promise<void>((resolve) => {
        gone = resolve;
      });
      await leave(...users);
    };
    const removed = hub.remove(leaving.feed);
    await open();
    gone();
    await removed;
    expect((await backplane.presence.nodesOf([userId])).get(userId)).toEqual([NODE]);
  });

  test('that cannot be told is told at the next renewal, and the feed opens all the same', async () => {
    const { hub, open, userId, backplane, clock, events } = openFeeds();
    const retried = recorded(events, 'retried');
    const { join } = backplane.presence;
    backplane.presence.join = async () => {
      throw new UnavailableError('connection refused');
    };
    hub.start();
    const { feed } = await open();
    expect(feed.isLive).toBe(true);
    backplane.presence.join = join;
    await clock.advance(PRESENCE_TTL / 3);
    expect((await backplane.presence.nodesOf([userId])).get(userId)).toEqual([NODE]);
    expect(retried.map((each) => each.what)).toEqual(['presence']);
    await hub.close();
  });
});

test('a frame reaches every feed of its recipients, and no other', async () => {
  const { hub, open, put } = openFeeds();
  const [one, two, other] = [await open(), await open(), await open({ userId: bob })];
  const [event] = await put(1);
  hub.deliver({ deliveries: [{ event: event as Event, to: [[one.feed.userId, 1 as Seq]] }], voids: [] });
  expect([one.sink.seqs, two.sink.seqs, other.sink.seqs]).toEqual([[1], [1], []]);
});

test('a frame that tells of voids has the feeds read them, and those that stand there do nothing', async () => {
  const { hub, open, put, storage, clock, userId } = openFeeds();
  await put(1);
  const { sink } = await open();
  await storage.inbox.fillVoids(userId, [2 as Seq, 3 as Seq], 1);
  for (let times = 0; times < 2; times++) {
    hub.deliver({ deliveries: [], voids: [[userId, 3 as Seq]] });
    await clock.advance(0);
  }
  expect(sink.written).toEqual(['1', 'live', '2 3', 'live']);
});

test('a frame for users whose feeds are gone is dropped', async () => {
  const { hub, open, put } = openFeeds();
  const { feed, sink } = await open();
  await hub.remove(feed);
  const [event] = await put(1);
  hub.deliver({ deliveries: [{ event: event as Event, to: [[feed.userId, 1 as Seq]] }], voids: [] });
  expect(sink.seqs).toEqual([]);
});

describe('comparing heads', () => {
  test('finds a last frame that was lost, and the feed reads it', async () => {
    const { hub, open, put, counters, clock, events, userId } = openFeeds();
    const gaps = recorded(events, 'gap-found');
    hub.start();
    const { sink } = await open();
    await put(1);
    await counters.raise(new Map([[userId, 1 as Seq]]));
    expect(sink.seqs).toEqual([]);
    await clock.advance(HEADS_EVERY);
    expect(sink.seqs).toEqual([1]);
    expect(gaps).toEqual([{ userId, cursor: 0, seen: 1, by: 'heads' }]);
    await hub.close();
  });

  test('asks the store where counters are missing', async () => {
    const { hub, open, put, clock } = openFeeds();
    hub.start();
    const { sink } = await open();
    await put(1);
    await clock.advance(HEADS_EVERY);
    expect(sink.seqs).toEqual([1]);
    await hub.close();
  });

  test('asks the store about all every few times, so that a stale counter hides nothing for long', async () => {
    const { hub, open, put, counters, clock, userId } = openFeeds();
    hub.start();
    const { sink } = await open();
    await counters.raise(new Map([[userId, 0 as Seq]]));
    await put(1);
    await clock.advance(5 * HEADS_EVERY);
    expect(sink.seqs).toEqual([1]);
    await hub.close();
  });

  test('leaves feeds alone that are up to date', async () => {
    const { hub, open, put, clock, reads, events } = openFeeds();
    const gaps = recorded(events, 'gap-found');
    await put(1, 2);
    hub.start();
    await open();
    const before = reads();
    await clock.advance(20 * HEADS_EVERY);
    expect(reads()).toBe(before);
    expect(gaps).toEqual([]);
    await hub.close();
  });

  test('tells a feed that stands above the store to rebuild, and delivers what is numbered again', async () => {
    const { hub, open, put, counters, clock, userId, events } = openFeeds();
    const resets = recorded(events, 'feed-reset');
    hub.start();
    await put(1);
    await counters.raise(new Map([[userId, 1 as Seq]]));
    const { feed, sink } = await open({ after: 256 });
    await clock.advance(HEADS_EVERY);
    expect(resets).toEqual([{ userId, reason: 'ahead' }]);
    expect(sink.written.slice(-2)).toEqual(['reset ahead', 'live']);
    expect(feed.cursor).toBe(1);
    const [event] = await put(2);
    hub.deliver({ deliveries: [{ event: event as Event, to: [[userId, 2 as Seq]] }], voids: [] });
    expect(sink.seqs).toEqual([2]);
    await hub.close();
  });

  test('raises a counter that stands below the store, and leaves the feed alone', async () => {
    const { hub, open, put, counters, clock, userId, events } = openFeeds();
    const resets = recorded(events, 'feed-reset');
    hub.start();
    await put(1, 2, 3);
    await counters.raise(new Map([[userId, 1 as Seq]]));
    await open({ after: 3 });
    await clock.advance(HEADS_EVERY);
    expect((await counters.current([userId])).get(userId)).toBe(3);
    expect(resets).toEqual([]);
    await hub.close();
  });

  test.each(['the counters', 'the store', 'the watch'])(
    'leaves a feed alone that goes on, or has started again, while %s are on their way with an answer',
    async (slow) => {
      let held: Promise<void> | undefined;
      const answered = async <T>(answer: T, of: string): Promise<T> => {
        if (of === slow) await held;
        return answer;
      };
      const { hub, open, put, counters, clock, userId, events } = openFeeds({
        inbox: (plain) => ({ bounds: async (ids) => answered(await plain.bounds(ids), 'the store') }),
        checkSetBack: () => answered(undefined, 'the watch'),
      });
      const resets = recorded(events, 'feed-reset');
      const { current } = counters;
      counters.current = async (ids) => answered(await current(ids), 'the counters');
      await put(1);
      await counters.raise(new Map([[userId, 1 as Seq]]));
      const { feed, sink } = await open({ after: 1 });
      const lost = await open({ after: 256 });
      hub.start();
      let release = (): void => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      await clock.advance(HEADS_EVERY);
      if (slow === 'the watch') hub.startAgain();
      const resume = held;
      held = undefined;
      for (const seq of [2, 3]) {
        const [event] = await put(seq);
        hub.deliver({ deliveries: [{ event: event as Event, to: [[userId, seq as Seq]] }], voids: [] });
        await clock.advance(0);
      }
      release();
      await resume;
      await clock.advance(0);
      const expected = slow === 'the watch' ? [feed, lost.feed] : [lost.feed];
      expect(resets).toHaveLength(expected.length);
      expect([feed.cursor, lost.feed.cursor]).toEqual([3, 3]);
      expect(sink.seqs).toEqual([2, 3]);
      await hub.close();
    },
  );

  test('goes through all users, a page at a time', async () => {
    const { hub, open, counters, clock } = openFeeds();
    hub.start();
    const asked: number[] = [];
    const { current } = counters;
    counters.current = async (userIds) => {
      asked.push(userIds.length);
      return current(userIds);
    };
    for (const name of ['u1', 'u2', 'u3', 'u4', 'u5']) await open({ userId: name as never });
    await clock.advance(HEADS_EVERY);
    expect(asked).toEqual([2, 2, 1]);
    await hub.close();
  });

  test('goes on after a failure', async () => {
    const { hub, open, put, counters, clock, events } = openFeeds();
    const retried = recorded(events, 'retried');
    const { current } = counters;
    let failing = true;
    counters.current = async (userIds) => {
      if (failing) throw new UnavailableError('connection refused');
      return current(userIds);
    };
    hub.start();
    const { sink } = await open();
    await put(1);
    await clock.advance(HEADS_EVERY);
    expect(retried.map((each) => each.what)).toEqual(['heads']);
    failing = false;
    await clock.advance(HEADS_EVERY);
    expect(sink.seqs).toEqual([1]);
    await hub.close();
  });
});

test('closing leaves no feed, no presence and no timer', async () => {
  const { hub, open, userId, backplane, clock, commitAndOffer } = openFeeds();
  hub.start();
  const waiting = await open();
  const stalled = await open();
  await commitAndOffer(waiting.feed, 2);
  stalled.sink.stall();
  stalled.feed.readOn();
  await clock.advance(0);
  await hub.close();
  expect(hub.users).toBe(0);
  expect((await backplane.presence.nodesOf([userId])).get(userId)).toBeUndefined();
  expect(clock.sleeping).toBe(0);
  expect(stalled.sink.waiting).toBe(0);
  await commitAndOffer(waiting.feed, 1);
  expect(waiting.sink.seqs).toEqual([]);
});
