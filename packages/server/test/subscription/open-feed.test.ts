import { DEFAULT_LIMITS, type FeedItem, type Seq, UnavailableError, WIRE_VERSION } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { LimitEvents } from '../../src/limit-events.ts';
import { createOpenFeed } from '../../src/subscription/open-feed.ts';
import { openFeeds } from '../support/feeds.ts';
import { flushPromises } from '../support/manual-clock.ts';

function openSubscriptions(feedsPerUser = 2) {
  const feeds = openFeeds();
  const { hub, reader, ports, userId, events, clock } = feeds;
  const limitEvents = new LimitEvents(events, clock);
  const openFeed = createOpenFeed({ hub, reader, ports, limits: { ...DEFAULT_LIMITS, feedsPerUser }, limitEvents });
  /** Subscribes, and keeps what comes. */
  function subscribe(after?: number) {
    const stop = new AbortController();
    const cursor = after === undefined ? undefined : { epoch: reader.epoch, seq: after as Seq };
    const items: FeedItem[] = [];
    const ended = (async () => {
      for await (const tracked of openFeed(userId, cursor, undefined, stop.signal)) {
        items.push((tracked as [string, FeedItem])[1]);
      }
    })();
    ended.catch(() => {});
    return { stop, items, ended };
  }
  return { ...feeds, openFeed, subscribe };
}

const words = (items: readonly FeedItem[]) =>
  items.map((item) => (item.type === 'entries' ? item.entries.map((entry) => entry.seq).join(' ') : item.type));

describe('a subscription', () => {
  test('begins at its cursor', async () => {
    const { put, subscribe } = openSubscriptions();
    await put(1, 2, 3);
    const { items, stop } = subscribe(1);
    await flushPromises();
    expect(words(items)).toEqual(['2 3', 'live']);
    stop.abort();
  });

  test('says in its first item, and in no other, whose it is and what the server takes', async () => {
    const { put, subscribe, userId } = openSubscriptions(3);
    await put(1, 2, 3);
    const feed = { userId, wire: WIRE_VERSION, limits: { contentBytes: 1_000, frameBytes: 2_000 } };
    for (const after of [undefined, 1, 3]) {
      const { items, stop } = subscribe(after);
      await flushPromises();
      expect(items.map((item) => item.feed)).toEqual([feed, ...items.slice(1).map(() => undefined)]);
      stop.abort();
    }
  });

  test('without a cursor is told to take a snapshot, and begins at the head', async () => {
    const { put, subscribe } = openSubscriptions();
    await put(1, 2);
    const { items, stop } = subscribe();
    await flushPromises();
    expect(items).toMatchObject([{ type: 'reset', reason: 'new' }, { type: 'live' }]);
    stop.abort();
  });

  test('hears first and reads then, so that what is committed in between is not missed', async () => {
    const { put, hub, reader, subscribe, userId } = openSubscriptions();
    await put(1);
    const start = reader.start.bind(reader);
    reader.start = async (...asked) => {
      const begin = await start(...asked);
      const [event] = await put(2);
      if (event) hub.deliver({ deliveries: [{ event, to: [[userId, 2 as Seq]] }], voids: [] });
      return begin;
    };
    const { items, stop } = subscribe(1);
    await flushPromises();
    expect(words(items)).toEqual(['2', 'live']);
    stop.abort();
  });

  test('that ends is removed, with its presence', async () => {
    const { hub, backplane, subscribe, userId } = openSubscriptions();
    const { stop, ended } = subscribe();
    await flushPromises();
    expect(hub.count(userId)).toBe(1);
    stop.abort();
    await ended;
    expect(hub.count(userId)).toBe(0);
    expect((await backplane.presence.nodesOf([userId])).size).toBe(0);
  });

  test('beyond what one user may hold takes the place of the oldest, which is told not to come back', async () => {
    const { subscribe, hub, userId, events } = openSubscriptions(2);
    const reached: object[] = [];
    events.on('limit-reached', (event) => reached.push(event));
    const [first, second] = [subscribe(), subscribe()];
    await flushPromises();
    const third = subscribe();
    await expect(first.ended).rejects.toMatchObject({
      code: 'displaced',
      policy: 'give-up',
      detail: expect.stringContaining('limits.feedsPerUser'),
    });
    await flushPromises();
    expect([second, third].map(({ items }) => words(items).at(-1))).toEqual(['live', 'live']);
    expect(hub.count(userId)).toBe(2);
    expect(reached).toEqual([{ limit: 'limits.feedsPerUser', userId }]);
    for (const { stop } of [second, third]) stop.abort();
  });

  test('gives way also when its client has vanished, and nobody reads from it any more', async () => {
    const { openFeed, subscribe, hub, userId, backplane } = openSubscriptions(1);
    const vanished = openFeed(userId, undefined, undefined, new AbortController().signal);
    await vanished.next();
    const { items, stop } = subscribe();
    await flushPromises();
    expect(words(items)).toEqual(['reset', 'live']);
    expect(hub.count(userId)).toBe(1);
    expect((await backplane.presence.nodesOf([userId])).size).toBe(1);
    stop.abort();
    await vanished.return(undefined);
  });

  test('beyond the limit takes the place of the oldest also when all of them open in the same tick', async () => {
    const { subscribe, hub, userId } = openSubscriptions(2);
    const opened = Array.from({ length: 190 }, () => subscribe());
    const displaced = await Promise.allSettled(opened.slice(0, -2).map(({ ended }) => ended));
    expect(displaced.every(({ status }) => status === 'rejected')).toBe(true);
    expect(hub.count(userId)).toBe(2);
    for (const { stop } of opened) stop.abort();
  });

  test('whose start cannot be read fails, so that the client tries again', async () => {
    const { subscribe, reader, hub, userId } = openSubscriptions();
    reader.start = async () => {
      throw new UnavailableError('connection refused');
    };
    const { ended } = subscribe();
    await expect(ended).rejects.toThrow(UnavailableError);
    expect(hub.count(userId)).toBe(0);
  });

  test('ends when this process closes, and its client is told to connect elsewhere', async () => {
    const { subscribe, hub } = openSubscriptions();
    hub.start();
    const { ended } = subscribe();
    await flushPromises();
    await hub.close();
    await expect(ended).rejects.toMatchObject({ code: 'closing', policy: 'reconnect' });
  });

  test('that is opened after closing is refused in the same way, and nothing stays of it', async () => {
    const { subscribe, hub, userId } = openSubscriptions();
    await hub.close();
    await expect(subscribe().ended).rejects.toMatchObject({ code: 'closing' });
    expect(hub.count(userId)).toBe(0);
  });
});
