import { type ConversationId, type Storage, UnavailableError, type UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { seededRandom } from '@tidemark/testkit';
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
    const writer = openWriter({ storage: poisonedBy(memoryStorage(), 'poison'), attempts: 4, parkAfterMs: 0 });
    const retried = recorded(writer.events, 'retried');
    await writer.write(send(alice, direct, { text: 'poison' }));
    // The first failure may have been anything.
    expect(writer.trace.filter((step) => step === 'commit')).toHaveLength(5);
    expect(retried).toHaveLength(3);
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
    await writer.store.close();
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

describe('a storage that refuses everything with an error that nobody knows', () => {
  /** Refuses until told otherwise; `probe` says so, unless it does not notice. */
  function ill({ probeNotices = true } = {}) {
    const plain = memoryStorage();
    const state = { isIll: true, probes: 0 };
    const refuse = (): void => {
      if (state.isIll) throw new Error('1047 unknown command');
    };
    const storage: Storage = {
      ...withCommit(plain, async (_, next) => {
        refuse();
        return next();
      }),
      probe: async () => {
        state.probes += 1;
        if (probeNotices) refuse();
      },
    };
    return { storage, state };
  }

  test('keeps the commands waiting, says so once, and all go through when it is well', async () => {
    const { storage, state } = ill();
    const writer = openWriter({ storage, attempts: 2, parkAfterMs: 0 });
    const [failed, recovered] = [recorded(writer.events, 'store-failed'), recorded(writer.events, 'store-recovered')];
    const calls = await writer.queue(send(alice, direct), send(bob, direct), createGroup(alice, [bob]));
    const carried = writer.carryOut();
    while (failed.length === 0) await writer.clock.advance(100);
    await writer.clock.advance(20_000);
    expect(writer.frames).toEqual([]);
    expect(writer.deadLetters()).toEqual([]);
    expect(failed).toHaveLength(1);
    expect(writer.health.report().status).toBe('degraded');
    expect(writer.health.report().reasons[0]?.text).toContain('1047 unknown command');

    state.isIll = false;
    await writer.clock.finish(carried);
    expect(calls.map((call) => codeOf(writer.replyTo(call)))).toEqual([undefined, undefined, undefined]);
    expect(writer.health.report()).toEqual({ status: 'ok', reasons: [] });
    expect(recovered).toHaveLength(1);
    // Tried as one batch throughout: no seq was given in vain.
    expect((await writer.inboxOf(bob)).every(({ event }) => event)).toBe(true);
    await writer.store.close();
  });

  test('parks nothing while nobody else goes through, though its probe notices nothing', async () => {
    const { storage, state } = ill({ probeNotices: false });
    const writer = openWriter({ storage, attempts: 3, parkAfterMs: 0 });
    const calls = await writer.queue(send(alice, direct));
    await writer.carryOut();
    // Others come, and fail as well: nothing says that it is the first one's own fault.
    for (let n = 0; n < 20; n += 1) {
      calls.push(...(await writer.queue(createGroup(bob, [alice], { conversationId: groupOf(n) }))));
      await writer.clock.advance(10_000);
      await writer.carryOut();
    }
    expect(writer.deadLetters()).toEqual([]);
    state.isIll = false;
    await writer.carryOutAside();
    expect(calls.map((call) => codeOf(writer.replyTo(call)))).toEqual(calls.map(() => undefined));
    expect(await writer.backlog()).toBe(0);
  });

  test('three times in five, at random, parks nothing', async () => {
    const random = seededRandom(7);
    const plain = memoryStorage();
    const mayFail = (): void => {
      if (random() < 0.6) throw new Error('prepared statement "s1" does not exist');
    };
    const storage: Storage = {
      ...withCommit(plain, async (_, next) => {
        mayFail();
        return next();
      }),
      probe: async () => mayFail(),
    };
    const writer = openWriter({ storage, attempts: 10, parkAfterMs: 0 });
    const commands = Array.from({ length: 120 }, (_, n) =>
      send([alice, bob][n % 2] as UserId, direct, { text: `${n}` }),
    );
    const replies = await writer.write(...commands);
    expect(replies.map(codeOf)).toEqual(commands.map(() => undefined));
    expect(writer.deadLetters()).toEqual([]);
    await writer.store.close();
  });
});

describe('a command that fails alone', () => {
  test('holds up its own sender in its own conversation and nobody else, and then these go through in order', async () => {
    const writer = openWriter({ storage: poisonedBy(memoryStorage(), 'poison'), attempts: 3, parkAfterMs: 10_000 });
    const asides = recorded(writer.events, 'set-aside');
    const own = await writer.queue(
      send(alice, direct, { text: 'poison' }),
      send(alice, direct, { text: 'next' }),
      send(alice, direct, { text: 'last' }),
    );
    const others = await writer.queue(send(bob, direct), createGroup(alice, [bob]), send(alice, group));
    await writer.carryOut();
    expect(others.map((call) => codeOf(writer.replyTo(call)))).toEqual([undefined, undefined, undefined]);
    expect(own.some((call) => writer.isAnswered(call))).toBe(false);
    expect(asides).toHaveLength(1);
    expect(writer.health.report().reasons[0]?.text).toContain('cannot store poison');

    await writer.carryOutAside();
    expect(own.map((call) => codeOf(writer.replyTo(call)))).toEqual(['dead_lettered', undefined, undefined]);
    expect(writer.health.report().status).toBe('ok');
    const texts = (await writer.inboxOf(bob)).flatMap(({ event }) =>
      event?.type === 'message.sent' && event.actorId === alice && event.conversationId === direct
        ? [event.message.content.text]
        : [],
    );
    expect(texts).toEqual(['next', 'last']);
  });

  test('with an error that the storage knows to pass is never parked', async () => {
    let failures = 200;
    const storage = withCommit(memoryStorage(), async (batch, next) => {
      if (JSON.stringify(batch.events).includes('large') && failures-- > 0) throw new UnavailableError('timed out');
      return next();
    });
    const writer = openWriter({ storage, attempts: 2, parkAfterMs: 0 });
    const [large, other] = await writer.write(send(alice, direct, { text: 'large' }), send(bob, direct));
    expect([codeOf(large), codeOf(other)]).toEqual([undefined, undefined]);
    expect(failures).toBeLessThan(0);
  });
});

describe('a batch that fails as a whole, and whose parts are stored', () => {
  test('is made smaller, so are the next ones, and they grow again when that goes well', async () => {
    let most = 8;
    const sizes: number[] = [];
    const storage = withCommit(memoryStorage(), async ({ rows }, next) => {
      if (rows.length > most) throw new UnavailableError('canceling statement due to statement timeout');
      sizes.push(rows.length);
      return next();
    });
    const writer = openWriter({ storage, batchRows: 100 });
    const texts = Array.from({ length: 60 }, (_, n) => `${n}`);
    const calls = await writer.queue(...texts.map((text) => send(alice, direct, { text })));
    while ((await writer.backlog()) > 0) await writer.carryOut();
    expect(calls.map((call) => codeOf(writer.replyTo(call)))).toEqual(calls.map(() => undefined));
    expect(writer.transfer.batchRows).toBeLessThan(20);
    const received = (await writer.inboxOf(bob)).flatMap(({ event }) =>
      event?.type === 'message.sent' ? [event.message.content.text] : [],
    );
    expect(received).toEqual(texts);

    most = 1_000;
    while (writer.transfer.batchRows < 100) {
      await writer.queue(...texts.map((text) => send(bob, direct, { text })));
      while ((await writer.backlog()) > 0) await writer.carryOut();
    }
    expect(sizes.at(-1)).toBeGreaterThan(8);
  });
});

function groupOf(n: number): ConversationId {
  return `g:01ARZ3NDEKTSV4RRFFQ69G5${String(n).padStart(3, '0')}` as ConversationId;
}
