import { type Command, parseUserId, type Storage, type UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import {
  alice,
  bob,
  carol,
  createGroup,
  dave,
  direct,
  group,
  otherGroup,
  removeMembers,
  send,
} from '../support/commands.ts';
import { flushPromises } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';
import { poisonedBy, withCommit } from '../support/storage-faults.ts';
import { codeOf, openWriter } from '../support/writer.ts';

const never = new AbortController().signal;
const MEMBERS = Array.from({ length: 499 }, (_, index) => parseUserId(`member-${index}`));

const sends = (count: number, actorId: UserId, conversationId = group): Command[] =>
  Array.from({ length: count }, (_, index) => send(actorId, conversationId, { text: `${index}` }));

describe('a user who sends 2,000 messages to a group of 500', () => {
  test.each([
    ['that the writer remembers', true],
    ['of which a new owner of the partition knows nothing', false],
  ])('does not hold up another one, in a group %s', async (_, remembered) => {
    const first = openWriter();
    await first.write(createGroup(carol, MEMBERS));
    const writer = remembered ? first : openWriter({ storage: first.storage, shared: first.shared });
    const committed = recorded(writer.events, 'committed');
    const limits = recorded(writer.events, 'limit-reached');
    await writer.queue(...sends(2_000, carol));
    const [call] = await writer.queue(send(alice, direct));
    for (let batch = 0; batch < 2; batch++) await writer.carryOut(never, 200);

    expect(writer.replyTo(call)).toMatchObject({ conversationSeq: 2 });
    expect(committed.length).toBeGreaterThan(0);
    for (const { rows } of committed) expect(rows).toBeLessThanOrEqual(5_000);
    if (!remembered) expect(limits).toContainEqual({ limit: 'tuning.batchRows', partition: 0 });
  });
});

describe('a batch of too many rows', () => {
  test('is committed in parts, and every command once and in its order', async () => {
    const writer = openWriter({ batchRows: 10 });
    const committed = recorded(writer.events, 'committed');
    const commands = [createGroup(alice, [bob, carol]), ...sends(20, alice), ...sends(20, bob)];
    const calls = await writer.queue(...commands);
    while ((await writer.backlog()) > 0) await writer.carryOut(never, 50);

    const replies = calls.map((call) => writer.replyTo(call));
    for (const mine of [replies.slice(0, 21), replies.slice(21)]) {
      const seqs = mine.map((reply) => ('conversationSeq' in reply ? reply.conversationSeq : 0));
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
    expect((await writer.inboxOf(carol)).map(({ event }) => event?.conversationSeq)).toEqual(
      commands.map((_, index) => index + 1),
    );
    for (const { rows } of committed) expect(rows).toBeLessThanOrEqual(10);
  });

  test('may be one command, which goes alone', async () => {
    const writer = openWriter({ batchRows: 10 });
    const committed = recorded(writer.events, 'committed');
    const calls = await writer.queue(send(alice, direct), createGroup(carol, MEMBERS), send(alice, direct));
    while ((await writer.backlog()) > 0) await writer.carryOut();
    expect(calls.map((call) => codeOf(writer.replyTo(call)))).toEqual([undefined, undefined, undefined]);
    expect(committed.map(({ rows }) => rows).filter((rows) => rows > 10)).toEqual([500]);
  });

  test('counts commands whose rows may have to be completed', async () => {
    const first = openWriter();
    const commands = sends(20, alice, direct);
    await first.write(...commands);
    // Another owner finds all of them again, and does not know whether anybody was told.
    const second = openWriter({ storage: first.storage, batchRows: 10 });
    const calls = await second.queue(...commands);
    const entries = await second.reader.read(50, never);
    const left = await second.transfer.carryOut(
      entries.map((entry) => ({ ...entry, redelivered: true })),
      never,
    );
    await second.transfer.published();
    expect(left).toHaveLength(15);
    expect(left.every(({ redelivered }) => redelivered)).toBe(true);
    expect(second.replyTo(calls[4])).toMatchObject({ conversationSeq: 6 });
  });

  test('gives back what may have been stored by an attempt that failed as such', async () => {
    let failures = 1;
    const storage = withCommit(memoryStorage(), async (_, next) => {
      const outcome = await next();
      if (failures-- > 0) throw new Error('the answer was lost');
      return outcome;
    });
    const writer = openWriter({ storage, batchRows: 10 });
    const calls = await writer.queue(...sends(20, alice, direct));
    while ((await writer.backlog()) > 0) await writer.carryOut(never, 50);
    const seqs = calls
      .map((call) => writer.replyTo(call))
      .map((reply) => ('conversationSeq' in reply ? reply.conversationSeq : 0));
    expect(seqs).toEqual(calls.map((_, index) => index + 2));
    expect(await writer.inboxOf(bob)).toHaveLength(21);
  });

  test('is halved around a command that fails as a defect, which alone is parked', async () => {
    const writer = openWriter({ storage: poisonedBy(memoryStorage(), 'poison'), attempts: 1, batchRows: 10 });
    const texts = Array.from({ length: 24 }, (_, index) => (index % 7 === 3 ? 'poison' : `${index}`));
    const calls = await writer.queue(...texts.map((text) => send(alice, direct, { text })));
    while ((await writer.backlog()) > 0) {
      await writer.carryOut(never, 50);
      await writer.carryOutAside();
    }
    expect(calls.map((call) => codeOf(writer.replyTo(call)) === 'dead_lettered')).toEqual(
      texts.map((text) => text === 'poison'),
    );
    const received = (await writer.inboxOf(bob)).flatMap(({ event }) =>
      event?.type === 'message.sent' ? [event.message.content.text] : [],
    );
    expect(received).toEqual(texts.filter((text) => text !== 'poison'));
  });
});

describe('a former member whose commands are refused', () => {
  /** A writer that remembers two groups, of which dave has left one. */
  async function withFormerMember() {
    const plain = memoryStorage();
    const asked: string[][] = [];
    let hold: Promise<void> | undefined;
    const storage: Storage = {
      ...plain,
      history: {
        ...plain.history,
        findByCommand: async (commands) => {
          asked.push(commands.map(({ actorId }) => actorId));
          await hold;
          return plain.history.findByCommand(commands);
        },
      },
    };
    const writer = openWriter({ storage });
    await writer.write(
      createGroup(alice, [bob, dave]),
      createGroup(carol, [bob], { conversationId: otherGroup }),
      removeMembers(dave, [dave]),
    );
    asked.length = 0;
    const holdUp = (): (() => void) => {
      let go = (): void => {};
      hold = new Promise((resolve) => {
        go = resolve;
      });
      return go;
    };
    return { writer, asked, holdUp };
  }

  test('does not hold up other conversations: only this one is read again, after they are stored and told', async () => {
    const { writer, asked, holdUp } = await withFormerMember();
    const go = holdUp();
    const calls = await writer.queue(
      send(carol, otherGroup),
      send(dave, group),
      send(alice, group),
      send(bob, otherGroup),
    );
    const carried = writer.carryOut();
    while (asked.length === 0) await flushPromises();
    await writer.transfer.published();
    expect([calls[0], calls[3]].map((call) => writer.replyTo(call))).toMatchObject([
      { conversationSeq: 2 },
      { conversationSeq: 3 },
    ]);
    expect(asked).toEqual([['dave', 'alice']]);

    go();
    await carried;
    expect(codeOf(writer.replyTo(calls[1]))).toBe('not_a_member');
    expect(writer.replyTo(calls[2])).toMatchObject({ conversationSeq: 3 });
  });

  test('costs the others no second commit and no look-up, however many are refused', async () => {
    const { writer, asked } = await withFormerMember();
    const before = writer.trace.length;
    await writer.write(...sends(50, dave), ...sends(20, carol, otherGroup));
    expect(asked).toEqual([Array.from({ length: 50 }, () => 'dave')]);
    expect(writer.trace.slice(before).filter((step) => step === 'commit')).toHaveLength(1);
  });
});
