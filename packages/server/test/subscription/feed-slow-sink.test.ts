import type { Seq } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { Feed } from '../../src/subscription/feed.ts';
import { openFeeds } from '../support/feeds.ts';
import { recorded } from '../support/recorded.ts';
import { RecordingSink } from '../support/recording-sink.ts';

describe('a slow sink', () => {
  test('stops its feed at its cursor: nothing is written or kept until it drains, then the store is read', async () => {
    const { open, commitAndOffer, clock, events, userId } = openFeeds();
    const slow = recorded(events, 'slow-consumer');
    const { feed, sink } = await open();
    await commitAndOffer(feed, 1);
    sink.stall();
    await commitAndOffer(feed, ...Array.from({ length: 100 }, (_, index) => index + 2));
    await clock.advance(60_000);
    expect(sink.seqs).toEqual([1]);
    expect(feed.cursor).toBe(1);
    expect(slow).toEqual([{ userId, bufferedBytes: 1_000_000 }]);

    sink.drain();
    await clock.advance(0);
    expect(sink.seqs).toEqual(Array.from({ length: 101 }, (_, index) => index + 1));
    expect(sink.overflown).toBe(0);
    expect(feed.isLive).toBe(true);
  });

  test('that is full while overtaken entries follow gets no more of them', async () => {
    const { open, commitAndOffer, clock } = openFeeds({ aheadLimit: 64 });
    const { feed, sink } = await open();
    const item = sink.item.bind(sink);
    sink.item = (...written) => {
      item(...written);
      sink.stall();
    };
    const seqs = Array.from({ length: 40 }, (_, index) => index + 1);
    await commitAndOffer(feed, ...seqs.slice(1), 1);
    await clock.advance(60_000);
    // What goes into one frame.
    expect(sink.seqs).toEqual(seqs.slice(0, 16));
    for (let turn = 0; turn < 40 && sink.seqs.length < 40; turn++) {
      sink.drain();
      await clock.advance(0);
    }
    expect(sink.seqs).toEqual(seqs);
    expect(sink.overflown).toBe(0);
  });

  test('is no longer waited for once the feed is closed', async () => {
    const { open, commitAndOffer, clock } = openFeeds();
    const { feed, sink } = await open();
    sink.stall();
    await commitAndOffer(feed, 1);
    await clock.advance(0);
    expect(sink.waiting).toBe(1);
    feed.close();
    await clock.advance(0);
    expect(sink.waiting).toBe(0);
  });
});

test('a sink that is full in the middle of a page gets the rest of it later, and never much beyond its limit', async () => {
  const { ports, put, userId, clock } = openFeeds({ page: 100 });
  await put(...Array.from({ length: 100 }, (_, index) => index + 1));
  const sink = new RecordingSink();
  const item = sink.item.bind(sink);
  sink.item = (...written) => {
    item(...written);
    sink.stall();
  };
  const feed = new Feed(userId, sink, ports);
  feed.start(0 as Seq, undefined);
  for (let before = -1; sink.seqs.length < 100; ) {
    await clock.advance(0);
    expect(sink.seqs.length - Math.max(0, before)).toBeLessThanOrEqual(16);
    expect(sink.seqs.length).toBeGreaterThan(before);
    before = sink.seqs.length;
    sink.drain();
  }
  expect(sink.seqs).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  feed.close();
});
