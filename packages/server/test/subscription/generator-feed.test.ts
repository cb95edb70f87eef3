import { type Epoch, type Event, type FeedItem, fingerprintOf, formatCursor, type Seq } from '@tidemark/core';
import { conversationBuilder } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { GeneratorFeed } from '../../src/subscription/generator-feed.ts';
import { flushPromises } from '../support/manual-clock.ts';

const epoch = 'epoch1' as Epoch;
const event: Event = conversationBuilder().created;

function openGenerator() {
  const sink = new GeneratorFeed(epoch);
  const stop = new AbortController();
  const items = sink.run(() => {}, stop.signal);
  const next = async (): Promise<{ id: string; data: FeedItem } | undefined> => {
    const { value, done } = await items.next();
    return done ? undefined : { id: value[0], data: value[1] };
  };
  return { sink, stop, items, next };
}

describe('the generator', () => {
  test('gives what is written, in order, each tracked with its cursor', async () => {
    const { sink, next } = openGenerator();
    const cursor = formatCursor(epoch, 3);
    const waiting = next();
    sink.item({ type: 'live', cursor }, cursor);
    sink.entry(4 as Seq, { event });
    expect(await waiting).toEqual({ id: 'epoch1:3', data: { type: 'live', cursor } });
    expect(await next()).toEqual({
      id: formatCursor(epoch, 4, fingerprintOf(event)),
      data: { type: 'entries', entries: [{ seq: 4, event }] },
    });
  });

  test('begins the feed only when somebody iterates', async () => {
    let begun = 0;
    const stop = new AbortController();
    const items = new GeneratorFeed(epoch).run(() => {
      begun += 1;
    }, stop.signal);
    await flushPromises();
    expect(begun).toBe(0);
    const waiting = items.next();
    await flushPromises();
    expect(begun).toBe(1);
    stop.abort();
    expect((await waiting).done).toBe(true);
  });

  test('ends when its caller stops, also while it waits', async () => {
    const { stop, next } = openGenerator();
    const waiting = next();
    await flushPromises();
    stop.abort();
    expect(await waiting).toBeUndefined();
  });

  test('fails with the error of the feed, after what was written before', async () => {
    const { sink, next } = openGenerator();
    sink.entry(1 as Seq, { event });
    sink.fail(new Error('a defect'));
    expect(await next()).toMatchObject({ id: formatCursor(epoch, 1, fingerprintOf(event)) });
    await expect(next()).rejects.toThrow('a defect');
  });

  test('fails also while it waits', async () => {
    const { sink, next } = openGenerator();
    const waiting = next();
    await flushPromises();
    sink.fail(new Error('a defect'));
    await expect(waiting).rejects.toThrow('a defect');
  });
});

describe('a caller that is slow', () => {
  test('makes it full after so many items, and ready again when it has taken half', async () => {
    const { sink, next, stop } = openGenerator();
    for (let seq = 1; sink.ready(); seq++) sink.entry(seq as Seq, { event });
    let ready = false;
    void sink.drained(stop.signal).then(() => {
      ready = true;
    });
    await next();
    await flushPromises();
    expect(ready).toBe(false);
    for (let taken = 1; taken < 40; taken++) await next();
    await flushPromises();
    expect(ready).toBe(true);
    expect(sink.ready()).toBe(true);
  });

  test('that goes away is no longer waited for', async () => {
    const { sink, stop } = openGenerator();
    for (let seq = 1; sink.ready(); seq++) sink.entry(seq as Seq, { event });
    const drained = sink.drained(stop.signal);
    stop.abort();
    await drained;
  });
});
