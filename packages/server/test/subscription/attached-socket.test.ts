import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SocketReader } from '../../src/subscription/attached-socket.ts';
import { frameTemplate, textTemplate } from '../../src/subscription/text-frame.ts';
import { eventually } from '../support/eventually.ts';
import { flushPromises } from '../support/manual-clock.ts';
import { BUFFER_LIMIT, connectLink as connect, rawOf } from '../support/socket-link.ts';

describe('what tRPC sends', () => {
  test('passes through as it is: responses as their JSON, texts as they are', async () => {
    await using link = await connect();
    link.attached.send({ id: 1, result: { type: 'data', data: 'ü' } } as { id: number });
    link.attached.send('PONG');
    await eventually('both', () => link.received.length === 2);
    expect(link.received).toEqual(['{"id":1,"result":{"type":"data","data":"ü"}}', 'PONG']);
  });

  test('that holds an expected token binds the subscription to its request, and is not sent', async () => {
    await using link = await connect();
    const bound: unknown[] = [];
    link.attached.expect('token-a', (request) => bound.push(request));
    link.attached.expect('token-b', (request) => bound.push(request));
    link.attached.send({ id: 8, jsonrpc: '2.0', result: { data: 'token-b' } } as { id: number; jsonrpc: string });
    link.attached.send('{"id":"7","result":{"data":"token-a"}}');
    link.attached.send('after');
    await eventually('what follows', () => link.received.length === 1);
    expect(link.received).toEqual(['after']);
    expect(bound).toEqual([
      { id: 8, jsonrpc: '2.0' },
      { id: '7', jsonrpc: undefined },
    ]);
  });

  test('that holds a token for the second time, or a forgotten one, is text like any other', async () => {
    await using link = await connect();
    const bound: unknown[] = [];
    link.attached.expect('token-a', (request) => bound.push(request));
    link.attached.expect('token-b', (request) => bound.push(request));
    link.attached.forget('token-b');
    for (const token of ['token-a', 'token-a', 'token-b'])
      link.attached.send({ id: 1, result: token } as { id: number });
    await eventually('two of them', () => link.received.length === 2);
    expect(link.received.map((text) => JSON.parse(text).result)).toEqual(['token-a', 'token-b']);
    expect(bound).toHaveLength(1);
  });

  test('after the client has gone is dropped', async () => {
    await using link = await connect();
    link.client.terminate();
    await eventually('the end', () => link.attached.readyState === WebSocket.CLOSED);
    link.attached.send('late');
    expect(link.attached.bufferedBytes).toBe(0);
  });
});

test('texts of one tick leave in one write', async () => {
  await using link = await connect();
  const counted = link.tcp as Duplex & { _writev?: unknown; _write: unknown };
  const writes = countWrites(counted);
  for (let n = 0; n < 10; n++) link.attached.write(`text ${n}`);
  expect(writes()).toBe(0);
  await flushPromises();
  await eventually('all of them', () => link.received.length === 10);
  expect(writes()).toBe(1);
  expect(link.received).toEqual(Array.from({ length: 10 }, (_, n) => `text ${n}`));
});

test("a number is put in for each socket, and what one of them has yet to write is nobody else's", async () => {
  await using slow = await connect();
  await using quick = await connect();
  slow.client.pause();
  const frame = frameTemplate('', textTemplate(['a', 'b'.repeat(20_000), 'c'], 4));
  const numbers = Array.from({ length: 1_200 }, (_, index) => 1_000 + index);
  let isBehind = false;
  for (const [index, number] of numbers.entries()) {
    for (const { attached } of [slow, quick]) attached.writeFrame(frame, number);
    if (index % 3 === 2) await flushPromises();
    isBehind ||= slow.tcp.writableLength > 0;
  }
  expect(isBehind).toBe(true);
  slow.client.resume();
  const texts = numbers.map((number) => `a${number}${'b'.repeat(20_000)}${number}c`);
  for (const { received } of [slow, quick]) {
    await eventually('all of them', () => received.length === numbers.length);
    expect(received.every((text, index) => text === texts[index])).toBe(true);
  }
});

test('what was written in the tick of closing leaves before the socket closes', async () => {
  await using link = await connect();
  const closed = new Promise((resolve) => link.client.once('close', resolve));
  link.attached.write('a last word');
  link.attached.close(1012);
  expect(await closed).toBe(1012);
  expect(link.received).toEqual(['a last word']);
});

test('the end is told once, as soon as it begins, and nobody waits for the peer', async () => {
  await using link = await connect();
  const heard: string[] = [];
  const unheard = () => heard.push('taken off');
  link.attached.once('close', unheard);
  link.attached.once('close', () => heard.push('close'));
  link.attached.off('close', unheard);
  const code = new Promise((resolve) => link.client.once('close', resolve));
  link.attached.close(4401, 'no');
  expect(heard).toEqual(['close']);
  expect(link.attached.isEnded).toBe(true);
  link.attached.close(1000, 'again');
  expect(await code).toBe(4401);
  await eventually('the end', () => link.attached.readyState === WebSocket.CLOSED);
  expect(heard).toEqual(['close']);
});

test('a frame that breaks the protocol ends the socket, and not the process', async () => {
  await using link = await connect();
  const ended = new Promise<void>((resolve) => link.attached.once('close', resolve));
  rawOf(link.client).write(Buffer.of(0xff, 0x80, 0, 0, 0, 0));
  await ended;
});

describe('a socket whose client does not read', () => {
  async function stalled() {
    const link = await connect();
    link.client.pause();
    const chunk = 'x'.repeat(64 * 1024);
    for (let n = 0; n < 2_000 && link.attached.ready(); n++) {
      link.attached.write(chunk);
      await flushPromises();
    }
    expect(link.attached.ready()).toBe(false);
    expect(link.attached.bufferedBytes).toBeGreaterThanOrEqual(BUFFER_LIMIT);
    return link;
  }

  test('is cut when it takes nothing for the grace, and told of', async () => {
    const slow: unknown[] = [];
    await using link = await connect({ slowGraceMs: 50, onSlow: (socket) => slow.push(socket) });
    const holds: string[] = [];
    link.attached.reader = recordingReader(holds);
    link.client.pause();
    while (holds.length === 0) {
      link.attached.write('x'.repeat(256 * 1024));
      await flushPromises();
    }
    expect(holds).toEqual(['hold output']);
    await eventually('the cut', () => link.attached.readyState === WebSocket.CLOSED);
    expect(slow).toEqual([link.attached]);
    expect(holds).toEqual(['hold output', 'end']);
  });

  test('is read from again once it has taken what waited', async () => {
    await using link = await connect();
    const holds: string[] = [];
    link.attached.reader = recordingReader(holds);
    link.client.pause();
    while (holds.length === 0) {
      link.attached.write('x'.repeat(256 * 1024));
      await flushPromises();
    }
    link.client.resume();
    await eventually('reading', () => holds.length === 2);
    expect(holds).toEqual(['hold output', 'release output']);
  });

  test('is ready again once it reads', async () => {
    await using link = await stalled();
    const before = link.tcp.listenerCount('close');
    const drained = link.attached.drained(new AbortController().signal);
    link.client.resume();
    await drained;
    expect(link.attached.ready()).toBe(true);
    expect(link.tcp.listenerCount('close')).toBe(before);
  });

  test('is no longer waited for when it closes, or when nobody is interested', async () => {
    await using link = await stalled();
    const before = link.tcp.listenerCount('close');
    const interest = new AbortController();
    const uninterested = link.attached.drained(interest.signal);
    interest.abort();
    await uninterested;
    expect(link.tcp.listenerCount('close')).toBe(before);
    const drained = link.attached.drained(new AbortController().signal);
    link.attached.terminate();
    await drained;
  });

  test('is waited for also while all of it waits for the end of the tick', async () => {
    await using link = await connect();
    link.attached.write('x'.repeat(BUFFER_LIMIT));
    expect(link.attached.ready()).toBe(false);
    await link.attached.drained(new AbortController().signal);
    expect(link.attached.ready()).toBe(true);
  });

  test('need not be waited for while it has room', async () => {
    await using link = await connect();
    const before = link.tcp.listenerCount('close');
    await link.attached.drained(new AbortController().signal);
    expect(link.tcp.listenerCount('close')).toBe(before);
  });
});

function recordingReader(seen: string[]): SocketReader {
  return {
    hold: (reason) => void seen.push(`hold ${reason}`),
    release: (reason) => void seen.push(`release ${reason}`),
    answered: () => {},
    end: () => void seen.push('end'),
  };
}

/** Counts the calls that reach the kernel, as node's streams make them. */
function countWrites(tcp: { _writev?: unknown; _write: unknown }): () => number {
  let writes = 0;
  for (const name of ['_writev', '_write'] as const) {
    const own = tcp[name] as ((...args: unknown[]) => void) | undefined;
    if (!own) continue;
    tcp[name] = function counted(this: unknown, ...args: unknown[]) {
      writes += 1;
      return own.apply(this, args);
    };
  }
  return () => writes;
}
