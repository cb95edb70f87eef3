import type { Socket } from 'node:net';
import { type Clock, DEFAULT_LIMITS, type Limits, systemClock } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { FrameReader } from '../../src/gate/frame-reader.ts';
import { ReadBudget } from '../../src/gate/read-budget.ts';
import { takeHandedOn } from '../../src/subscription/attached-socket.ts';
import { eventually } from '../support/eventually.ts';
import { clientFrame, connectLink, rawOf } from '../support/socket-link.ts';

/** A reader on a real connection; `calls` are those that would reach tRPC. */
async function connect(limits: Partial<Limits> = {}, clock: Clock = systemClock) {
  const link = await connectLink();
  const calls: { id: number | string; params?: { input?: unknown } }[] = [];
  const reached: string[] = [];
  const { socket, tcp, attached } = link;
  const reader = new FrameReader(
    { socket, tcp, attached },
    {
      limits: { ...DEFAULT_LIMITS, ...limits },
      budget: new ReadBudget(clock, { ...DEFAULT_LIMITS, ...limits }),
      build: (raw) => {
        if (raw === 'bad') throw new Error('cannot be built');
        return { built: raw };
      },
      errorText: (error) => JSON.stringify({ message: (error as Error).message }),
      refused: () => {},
      reached: (limit) => reached.push(limit),
    },
  );
  attached.on('message', () => calls.push(...(takeHandedOn() as typeof calls)));
  return { ...link, reader, calls, reached, send: (message: unknown) => link.client.send(JSON.stringify(message)) };
}

const query = (id: unknown, change: object = {}) => ({
  id,
  method: 'query',
  params: { path: 'a', input: 1 },
  ...change,
});
const idsOf = (calls: readonly { id: number | string }[]) => calls.map((call) => call.id);

describe('while a reason holds it', () => {
  test('frames of one segment wait, also those after the one that made it wait', async () => {
    await using link = await connect({ callsUnderWay: 2 });
    rawOf(link.client).write(Buffer.concat([1, 2, 3, 4].map((id) => clientFrame(JSON.stringify(query(id))))));
    await eventually('two', () => link.calls.length === 2);
    expect(link.socket.isPaused).toBe(true);
    expect(idsOf(link.calls)).toEqual([1, 2]);
    link.attached.send({ id: 1 });
    await eventually('the third', () => link.calls.length === 3);
    link.attached.send({ id: 2 });
    link.attached.send({ id: 3 });
    await eventually('the fourth', () => link.calls.length === 4);
    link.attached.send({ id: 4 });
    expect(link.socket.isPaused).toBe(false);
  });

  test('nothing is parsed, whole or in fragments, until every reason is gone', async () => {
    await using link = await connect();
    link.reader.hold('context');
    link.reader.hold('output');
    const text = JSON.stringify(query('whole'));
    rawOf(link.client).write(
      Buffer.concat([
        clientFrame(text.slice(0, 10), { isFinal: false }),
        clientFrame(text.slice(10), { opcode: 0 }),
        clientFrame(JSON.stringify(query('next'))),
      ]),
    );
    link.reader.release('context');
    expect(link.socket.isPaused).toBe(true);
    link.reader.release('output');
    await eventually('both', () => link.calls.length === 2);
    expect(idsOf(link.calls)).toEqual(['whole', 'next']);
  });

  test('what comes faster than its bytes are read waits, and is read in its order', async () => {
    await using link = await connect({ readBytesPerSecond: 20_000 });
    const large = (id: number) => query(id, { params: { path: 'a', input: 'x'.repeat(30_000) } });
    for (const id of [1, 2, 3, 4]) link.send(large(id));
    await eventually('all', () => link.calls.length === 4);
    expect(link.reached).toContain('limits.readBytesPerSecond');
    expect(idsOf(link.calls)).toEqual([1, 2, 3, 4]);
    expect(link.received).toEqual([]);
    expect(link.socket.isPaused).toBe(true);
    await eventually('the end of the wait', () => !link.socket.isPaused);
  });

  test('PING is not answered either, so that answers nobody reads do not pile up', async () => {
    await using link = await connect();
    link.reader.hold('output');
    rawOf(link.client).write(Buffer.concat(Array.from({ length: 500 }, () => clientFrame('PING'))));
    link.attached.write('first');
    await eventually('what was written before', () => link.received.length > 0);
    expect(link.received).toEqual(['first']);
    link.reader.release('output');
    await eventually('the answers', () => link.received.length === 501);
  });

  test('too many tiny frames close the socket', async () => {
    await using link = await connect();
    const closed = new Promise((resolve) => link.client.once('close', resolve));
    const frames = Array.from({ length: 1_100 }, () => clientFrame('1'));
    // Held by the first of them, so that the others are in the chunk that was being read.
    link.reader.readFirst(100, () => link.reader.hold('context'));
    rawOf(link.client).write(Buffer.concat(frames));
    expect(await closed).toBe(1008);
    expect(link.calls).toEqual([]);
  });
});

describe('after the end', () => {
  test('what waited and what still comes is dropped, whoever closed', async () => {
    await using link = await connect();
    link.reader.hold('context');
    rawOf(link.client).write(
      Buffer.concat([clientFrame(JSON.stringify(query(1))), clientFrame(JSON.stringify(query(2)))]),
    );
    link.attached.close(4409, 'ended');
    link.reader.release('context');
    const closed = new Promise((resolve) => link.client.once('close', resolve));
    link.send(query(3));
    expect(await closed).toBe(4409);
    expect(link.calls).toEqual([]);
  });

  test('a peer that goes on sending is not read from, so that no frame is collected for nobody', async () => {
    await using link = await connect();
    rawOf(link.client).removeAllListeners('data');
    link.attached.close(4409, 'ended');
    rawOf(link.client).write(clientFrame('x'.repeat(900_000)));
    await eventually('the pause', () => link.socket.isPaused);
    expect((rawOf(link.socket) as Socket).bytesRead).toBeLessThan(300_000);
    // It reads no closing frame, so that nothing else ends it.
    link.socket.terminate();
  });
});

describe('a frame', () => {
  test('is read call by call: one that cannot be read is answered, and the others go on', async () => {
    await using link = await connect();
    const long = 'x'.repeat(129);
    link.send([
      query(1),
      query(long),
      query(null),
      query({ a: 1 }),
      query(2, { params: { path: 'a', input: 'bad' } }),
      query(3, { jsonrpc: '1.0' }),
      query(4, { params: { path: 'p'.repeat(257) } }),
      query(5, { params: { path: 'a', lastEventId: 'e'.repeat(1_025) } }),
      query(6, { params: [] }),
      query(7, { method: 'reconnect' }),
      query(1),
      'text',
      query('x'.repeat(128), { jsonrpc: '2.0' }),
    ]);
    await eventually('all refusals', () => link.received.length === 10);
    expect(idsOf(link.calls)).toEqual([1, 'x'.repeat(128)]);
    expect(link.calls[0]?.params?.input).toEqual({ built: 1 });
    const refusals = link.received.map((text) => JSON.parse(text) as { id: unknown; error: { message: string } });
    expect(refusals.map(({ id, error }) => [id, /\[(.*)\]/.exec(error.message)?.[1] ?? error.message])).toEqual([
      [null, 'id'],
      [null, 'id'],
      [null, 'id'],
      [2, 'cannot be built'],
      [3, 'jsonrpc'],
      [4, 'params.path'],
      [5, 'params.lastEventId'],
      [6, 'params'],
      [7, 'method'],
      [null, 'message'],
    ]);
    expect(link.received.every((text) => text.length < 200)).toBe(true);
  });

  test('that comes twice while its call is under way is one call, and has one answer', async () => {
    await using link = await connect();
    link.send(query(1));
    link.send(query(1));
    link.send([query(1), query(2)]);
    await eventually('the calls', () => link.calls.length === 2);
    expect(idsOf(link.calls)).toEqual([1, 2]);
    link.reader.answered(1);
    link.send(query(1));
    await eventually('the next of that id', () => link.calls.length === 3);
    expect(link.received).toEqual([]);
  });

  test('of too many calls has those beyond the limit refused under their ids, and all its ends of subscriptions read', async () => {
    await using link = await connect({ callsPerFrame: 2 });
    const stop = (id: number) => ({ id, method: 'subscription.stop' });
    link.send([stop(10), query(1), stop(11), query(2), query(3), stop(12), query(4), { noId: true }, { noId: true }]);
    await eventually('the refusals', () => link.received.length === 3);
    expect(idsOf(link.calls)).toEqual([10, 1, 11, 2, 12]);
    const refusals = link.received.map((text) => JSON.parse(text) as { id: unknown; error: { message: string } });
    expect(refusals.map(({ id }) => id)).toEqual([3, 4, null]);
    expect(refusals[0]?.error.message).toMatch(/rate_limited: .*limits\.callsPerFrame/);
    expect(link.reached).toEqual(['limits.callsPerFrame']);
  });

  test.each([
    ['is no JSON', (client: WebSocket) => client.send('{"id":1')],
    ['is binary', (client: WebSocket) => client.send(Buffer.from(JSON.stringify(query(1))))],
    ['nests without end', (client: WebSocket) => client.send('['.repeat(500_000))],
  ])('that %s is answered, and the next one is read', async (_, send) => {
    await using link = await connect();
    send(link.client);
    link.send(query(2));
    await eventually('both', () => link.received.length === 1 && link.calls.length === 1);
    expect(JSON.parse(link.received[0] as string)).toMatchObject({
      id: null,
      error: { message: expect.stringContaining('invalid_input') },
    });
  });
});

test('PING is answered and PONG is not, a ping has its payload back, and none of them is a call', async () => {
  await using link = await connect();
  const pong = new Promise((resolve) => link.client.once('pong', (data) => resolve(data.toString())));
  link.client.send('PONG');
  link.client.send('PING');
  link.client.ping('abc');
  expect(await pong).toBe('abc');
  expect(link.received).toEqual(['PONG']);
  expect(link.calls).toEqual([]);
});

describe('the first frame', () => {
  test('is taken as it is, and what follows in the same segment is read after it', async () => {
    await using link = await connect();
    const taken: string[] = [];
    link.reader.readFirst(100, (data) => taken.push(data.toString()));
    rawOf(link.client).write(
      Buffer.concat([clientFrame('PING'), clientFrame('{no json'), clientFrame(JSON.stringify(query(1)))]),
    );
    await eventually('the call', () => link.calls.length === 1);
    expect(taken).toEqual(['{no json']);
    await eventually('the answer', () => link.received.length === 1);
    expect(link.received).toEqual(['PONG']);
  });

  test.each([
    ['is larger than allowed', [clientFrame('x'.repeat(101))]],
    [
      'never ends',
      Array.from({ length: 20 }, (_, n) => clientFrame('x'.repeat(100), { opcode: n === 0 ? 1 : 0, isFinal: false })),
    ],
    ['is announced as larger', [clientFrame('x'.repeat(60_000)).subarray(0, 5_000)]],
  ])('that %s closes with 1009', async (_, frames) => {
    await using link = await connect();
    const taken: unknown[] = [];
    link.reader.readFirst(100, (data) => taken.push(data));
    const closed = new Promise((resolve) => link.client.once('close', resolve));
    for (const frame of frames) rawOf(link.client).write(frame);
    expect(await closed).toBe(1009);
    expect(taken).toEqual([]);
    expect(link.reached).toEqual(['limits.parametersBytes']);
  });
});
