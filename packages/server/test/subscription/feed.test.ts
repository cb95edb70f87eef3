import { type Event, fingerprintAt, formatCursor, type Seq, UnavailableError } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { Feed } from '../../src/subscription/feed.ts';
import { GAP_PATIENCE, openFeeds } from '../support/feeds.ts';
import { recorded } from '../support/recorded.ts';
import { RecordingSink } from '../support/recording-sink.ts';

describe('a feed', () => {
  test('catches up in pages, says that it is live, and writes what comes then one by one', async () => {
    const { open, put, commitAndOffer } = openFeeds({ page: 2 });
    await put(1, 2, 3, 4, 5);
    const { feed, sink } = await open({ after: 1 });
    await commitAndOffer(feed, 6, 7);
    expect(sink.written).toEqual(['2 3', '4 5', 'live', '6', '7']);
  });

  test('names with each item the cursor to resume from', async () => {
    const { open, put, reader } = openFeeds();
    const events = await put(1, 2);
    const { sink } = await open();
    const cursor = formatCursor(
      reader.epoch,
      2,
      fingerprintAt(
        events.map((event) => ({ event })),
        undefined,
      ),
    );
    expect(sink.cursors).toEqual([cursor, cursor]);
  });

  test('says with each page of a catch-up how far it has to go', async () => {
    const { ports, put, hub, userId, clock, reader, commitAndOffer } = openFeeds({ page: 2 });
    await put(1, 2, 3);
    const sink = new RecordingSink();
    const feed = new Feed(userId, sink, ports);
    await hub.add(feed);
    const { seq, reset, head } = await reader.start(userId, { epoch: reader.epoch, seq: 0 as Seq });
    feed.start(seq, reset, head);
    await clock.advance(0);
    expect(sink.written).toEqual(['1 2', '3', 'live']);
    expect(sink.heads).toEqual([3, 3]);
    // Heard of while it reads again.
    await commitAndOffer(feed, 4);
    await put(5, 6);
    feed.readOn();
    feed.offer(6 as Seq, { event: (await put(7))[0] as Event });
    await clock.advance(0);
    expect(sink.written.slice(3)).toEqual(['4', '5 6', '7', 'live']);
    expect(sink.heads.slice(2)).toEqual([6, 7]);
  });

  test('tells of a reset first, and goes on after its cursor', async () => {
    const { ports, put, userId, clock, events } = openFeeds();
    await put(1, 2);
    const resets = recorded(events, 'feed-reset');
    const sink = new RecordingSink();
    new Feed(userId, sink, ports).start(2 as Seq, 'epoch');
    await clock.advance(0);
    expect(sink.written).toEqual(['reset epoch', 'live']);
    expect(resets).toEqual([{ userId, reason: 'epoch' }]);
  });

  test('drops what it has written before', async () => {
    const { open, put, commitAndOffer } = openFeeds();
    const [event] = await put(1);
    const { feed, sink } = await open();
    await commitAndOffer(feed, 2);
    feed.offer(1 as Seq, { event: event as Event });
    feed.offer(2 as Seq, { event: event as Event });
    expect(sink.seqs).toEqual([1, 2]);
  });

  test('that was overtaken by retention is told so, and goes on from the head', async () => {
    const { open, put, storage, events } = openFeeds();
    const resets = recorded(events, 'feed-reset');
    await put(1, 2, 3, 4);
    await storage.inbox.purge(Number.MAX_SAFE_INTEGER, 2);
    const { sink } = await open();
    expect(sink.written).toEqual(['reset floor', 'live']);
    expect(resets).toHaveLength(1);
  });

  test.each([
    ['is live', (feed: Feed) => feed.startAgain()],
    [
      'reads',
      (feed: Feed) => {
        feed.readOn();
        feed.startAgain();
      },
    ],
  ])('that starts again while it %s tells so, and goes on from what the store has', async (_, startAgain) => {
    const { open, put, commitAndOffer, clock } = openFeeds();
    await put(1, 2);
    const { feed, sink } = await open({ after: 9 });
    startAgain(feed);
    await clock.advance(0);
    expect(sink.written.slice(-2)).toEqual(['reset ahead', 'live']);
    expect(feed.cursor).toBe(2);
    await commitAndOffer(feed, 3);
    expect(sink.seqs).toEqual([3]);
  });

  test('that is closed writes nothing more, and leaves no timer', async () => {
    const { open, put, commitAndOffer, clock } = openFeeds();
    await put(1);
    const { feed, sink } = await open();
    await commitAndOffer(feed, 3);
    expect(clock.sleeping).toBe(1);
    feed.close();
    await commitAndOffer(feed, 2);
    feed.readOn();
    await clock.advance(1_000);
    expect(sink.seqs).toEqual([1]);
    expect(clock.sleeping).toBe(0);
  });
});

describe('a frame that was overtaken', () => {
  test('within the patience needs no read of the store', async () => {
    const { open, commitAndOffer, reads, clock, events } = openFeeds();
    const gaps = recorded(events, 'gap-found');
    const { feed, sink } = await open();
    const before = reads();
    await commitAndOffer(feed, 2, 3);
    await clock.advance(GAP_PATIENCE - 1);
    expect(sink.seqs).toEqual([]);
    await commitAndOffer(feed, 1);
    await clock.advance(1_000);
    // Together, since they were not committed in the order of their seqs: one cursor speaks for all.
    expect(sink.written).toEqual(['live', '1 2 3']);
    expect(reads()).toBe(before);
    expect(gaps).toEqual([]);
  });

  test('for longer is read from the store, and the gap is said to have been found', async () => {
    const { open, put, commitAndOffer, clock, events, userId } = openFeeds();
    const gaps = recorded(events, 'gap-found');
    const { feed, sink } = await open();
    await put(1);
    await commitAndOffer(feed, 2, 3);
    await clock.advance(GAP_PATIENCE);
    expect(sink.written).toEqual(['live', '1 2 3', 'live']);
    expect(gaps).toEqual([{ userId, cursor: 0, seen: 3, by: 'frame' }]);
  });

  test('by more than is kept is read from the store at once', async () => {
    const { open, put, commitAndOffer, clock } = openFeeds({ aheadLimit: 2 });
    const { feed, sink } = await open();
    await put(1);
    await commitAndOffer(feed, 2, 3, 4);
    await clock.advance(0);
    expect(sink.seqs).toEqual([1, 2, 3, 4]);
  });

  test('is patient again after more were ahead than are kept', async () => {
    const { open, put, commitAndOffer, clock, reads } = openFeeds({ aheadLimit: 2 });
    const { feed, sink } = await open();
    await put(1);
    await commitAndOffer(feed, 2, 3, 4);
    await clock.advance(GAP_PATIENCE);
    const before = reads();
    await commitAndOffer(feed, 6, 5);
    await clock.advance(1_000);
    expect(sink.seqs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(reads()).toBe(before);
  });

  test('gets a patience of its own when an earlier one has come', async () => {
    const { open, commitAndOffer, clock, reads } = openFeeds();
    const { feed, sink } = await open();
    const before = reads();
    await commitAndOffer(feed, 2);
    await clock.advance(GAP_PATIENCE - 1);
    await commitAndOffer(feed, 4, 1);
    await clock.advance(GAP_PATIENCE - 1);
    await commitAndOffer(feed, 3);
    await clock.advance(1_000);
    expect(sink.seqs).toEqual([1, 2, 3, 4]);
    expect(reads()).toBe(before);
  });
});

describe('what is committed while the store is being read', () => {
  test('is read too, though the answer that was under way lacked it', async () => {
    let answer = (): void => {};
    let holding = false;
    const { open, put, commitAndOffer, clock } = openFeeds({
      inbox: (inbox) => ({
        range: async (...query) => {
          const records = await inbox.range(...query);
          if (holding) {
            await new Promise<void>((resolve) => {
              answer = resolve;
            });
          }
          return records;
        },
      }),
    });
    await put(1);
    const { feed, sink } = await open();
    holding = true;
    feed.readOn();
    await clock.advance(0);
    await commitAndOffer(feed, 2);
    holding = false;
    answer();
    await clock.advance(0);
    expect(sink.seqs).toEqual([1, 2]);
    expect(feed.isLive).toBe(true);
  });
});

describe('a store', () => {
  test('that cannot be reached is asked again, and nothing is missed', async () => {
    let failures = 5;
    const { open, put, clock, events } = openFeeds({
      inbox: (inbox) => ({
        range: async (...query) => {
          if (failures-- > 0) throw new UnavailableError('connection refused');
          return inbox.range(...query);
        },
      }),
    });
    const retried = recorded(events, 'retried');
    await put(1, 2);
    const { sink } = await open();
    await clock.advance(60_000);
    expect(sink.written).toEqual(['1 2', 'live']);
    expect(retried.map(({ what, attempt }) => [what, attempt])).toEqual(
      [0, 1, 2, 3, 4].map((attempt) => ['feed', attempt]),
    );
  });

  test('that fails otherwise ends the subscription with its error', async () => {
    const { open } = openFeeds({
      inbox: () => ({
        range: async () => {
          throw new Error('a defect');
        },
      }),
    });
    const { sink } = await open();
    expect(sink.failures).toEqual([new Error('a defect')]);
  });
});
