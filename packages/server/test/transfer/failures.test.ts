import { UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { alice, bob, createGroup, direct, group, send } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';
import { poisonedBy, unreachable, withCommit } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

describe('a command with which the storage fails as a defect', () => {
  test('is parked after its attempts, its sender is told, and the others go through in order', async () => {
    const writer = openWriter({ storage: poisonedBy(memoryStorage(), 'poison'), attempts: 3 });
    const parked = recorded(writer.events, 'dead-lettered');
    const texts = ['one', 'two', 'poison', 'three', 'four'];
    const replies = await writer.write(...texts.map((text) => send(alice, direct, { text })));

    expect(replies.map(codeOf)).toEqual([undefined, undefined, 'dead_lettered', undefined, undefined]);
    const entries = await writer.inboxOf(bob);
    const received = entries.flatMap(({ event }) =>
      event?.type === 'message.sent' ? [event.message.content.text] : [],
    );
    expect(received).toEqual(['one', 'two', 'three', 'four']);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
    expect(parked).toMatchObject([{ partition: 0, reason: 'cannot store poison' }]);
    expect(writer.deadLetters()).toMatchObject([{ reason: 'cannot store poison' }]);
    expect(writer.deadLetters()[0]?.body).toContain('poison');
    expect(await writer.backlog()).toBe(0);
  });

  test('alone is tried as often as was asked for, with waits between', async () => {
    const writer = openWriter({ storage: poisonedBy(memoryStorage(), 'poison'), attempts: 4 });
    const retried = recorded(writer.events, 'retried');
    await writer.write(send(alice, direct, { text: 'poison' }));
    expect(writer.trace.filter((step) => step === 'commit')).toHaveLength(4);
    expect(retried.map((each) => each.attempt)).toEqual([0, 1, 2]);
    expect(retried.every((each) => each.what === 'carry-out' && each.delayMs > 0)).toBe(true);
  });

  test('that passes after a while is carried out', async () => {
    let failures = 2;
    const storage = withCommit(memoryStorage(), async (_, next) => {
      if (failures-- > 0) throw new Error('a bug of the moment');
      return next();
    });
    const writer = openWriter({ storage, attempts: 3 });
    const [receipt] = await writer.write(send(alice, direct));
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(writer.deadLetters()).toEqual([]);
  });

  test('one of several is each found', async () => {
    const writer = openWriter({ storage: poisonedBy(memoryStorage(), 'poison'), attempts: 1 });
    const texts = Array.from({ length: 16 }, (_, index) => (index % 5 === 0 ? 'poison' : `${index}`));
    const replies = await writer.write(...texts.map((text) => send(alice, direct, { text })));
    expect(replies.map((reply) => codeOf(reply) === 'dead_lettered')).toEqual(texts.map((text) => text === 'poison'));
  });
});

test('an entry that nobody can decode is parked, and the rest of its batch goes through', async () => {
  const writer = openWriter();
  await writer.backplane.ingress.append(0, '{"command":');
  await writer.backplane.ingress.append(0, '{"replyTo":"node","call":"1","command":{"type":"message.send"}}');
  const [receipt] = await writer.write(send(alice, direct));
  expect(receipt).toMatchObject({ conversationSeq: 2 });
  expect(writer.deadLetters()).toMatchObject([
    { body: '{"command":' },
    { reason: expect.stringContaining('invalid_input') },
  ]);
  expect(await writer.backlog()).toBe(0);
});

describe('a storage that cannot be reached', () => {
  test('for long is tried until it can, and nothing is parked or lost', async () => {
    const writer = openWriter({ storage: unreachable(memoryStorage(), 50), attempts: 2 });
    const retried = recorded(writer.events, 'retried');
    const replies = await writer.write(createGroup(alice, [bob]), send(bob, group), send(alice, group));
    expect(replies).toMatchObject([{ conversationSeq: 1 }, { conversationSeq: 2 }, { conversationSeq: 3 }]);
    expect(retried).toHaveLength(50);
    expect(Math.max(...retried.map((each) => each.delayMs))).toBeLessThanOrEqual(1_000);
    expect(writer.deadLetters()).toEqual([]);
    // The seqs of the first attempt served the last: no hole, and no void.
    expect((await writer.inboxOf(bob)).map((entry) => entry.event?.conversationSeq)).toEqual([1, 2, 3]);
  });

  test('announces and acknowledges nothing meanwhile', async () => {
    const writer = openWriter({ storage: unreachable(memoryStorage(), Number.POSITIVE_INFINITY) });
    await writer.queue(send(alice, direct));
    const stop = new AbortController();
    const entries = await writer.reader.read(10, stop.signal);
    const carried = writer.transfer.carryOut(entries, stop.signal);
    await writer.clock.advance(60_000);
    expect(writer.frames).toEqual([]);
    expect(writer.trace).not.toContain('acknowledge');

    stop.abort();
    await carried;
    expect(writer.trace).not.toContain('acknowledge');
    expect(await writer.backlog()).toBe(1);
    expect(writer.clock.sleeping).toBe(0);
  });

  test('leaves its entries to the next owner, who is told that they came before', async () => {
    const storage = memoryStorage();
    const first = openWriter({ storage: unreachable(storage, Number.POSITIVE_INFINITY) });
    const [call] = await first.queue(send(alice, direct));
    const stop = new AbortController();
    const carried = first.transfer.carryOut(await first.reader.read(10, stop.signal), stop.signal);
    stop.abort();
    await first.clock.finish(carried);

    const second = openWriter({ storage, shared: first.shared });
    await second.carryOut();
    expect(second.replyTo(call)).toMatchObject({ conversationSeq: 2 });
    expect(await second.backlog()).toBe(0);
  });
});

test('a queue that cannot be reached is acknowledged to once it can, and the batch is not carried out again', async () => {
  const writer = openWriter();
  const retried = recorded(writer.events, 'retried');
  const [call] = await writer.queue(send(alice, direct));
  const acknowledge = writer.reader.acknowledge;
  let failures = 3;
  writer.reader.acknowledge = async (ids) => {
    if (failures-- > 0) throw new UnavailableError('connection refused');
    return acknowledge(ids);
  };
  await writer.carryOut();
  expect(retried.map((each) => each.what)).toEqual(['acknowledge', 'acknowledge', 'acknowledge']);
  expect(writer.trace.filter((step) => step === 'commit')).toHaveLength(1);
  expect(writer.replyTo(call)).toMatchObject({ conversationSeq: 2 });
  expect(await writer.backlog()).toBe(0);
});
