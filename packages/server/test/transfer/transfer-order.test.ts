import { describe, expect, test } from 'vitest';
import { alice, bob, carol, createGroup, direct, group, removeMembers, send } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';
import { codeOf, openWriter } from '../support/writer.ts';

describe('a batch', () => {
  test('is allocated, committed, announced and only then acknowledged', async () => {
    const writer = openWriter();
    await writer.backplane.presence.join([bob], 'node' as never, 60_000);
    await writer.queue(send(alice, direct));
    writer.trace.length = 0;
    await writer.carryOut();
    // The counters are restored from the store at first, hence two calls.
    expect(writer.trace).toEqual(['allocate', 'allocate', 'commit', 'committed', 'publish', 'acknowledge']);
    expect(await writer.backlog()).toBe(0);
  });

  test('is one commit, in the order of the queue', async () => {
    const writer = openWriter();
    const committed = recorded(writer.events, 'committed');
    const replies = await writer.write(
      createGroup(alice, [bob]),
      send(bob, group),
      send(alice, group),
      send(alice, direct),
    );
    expect(replies.map((reply) => 'conversationSeq' in reply && reply.conversationSeq)).toEqual([1, 2, 3, 2]);
    expect(writer.trace.filter((step) => step === 'commit')).toHaveLength(1);
    expect(committed).toMatchObject([{ partition: 0, events: 5, messages: 3, rows: 10, commands: 4 }]);
  });

  test('gives every member one entry per event, dense, in the order of the conversation', async () => {
    const writer = openWriter();
    await writer.write(createGroup(alice, [bob]), send(bob, group));
    await writer.write(send(alice, group));
    for (const userId of [alice, bob]) {
      const entries = await writer.inboxOf(userId);
      expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3]);
      expect(entries.map((entry) => entry.event?.conversationSeq)).toEqual([1, 2, 3]);
    }
  });

  test('gives a removed member the event that removes them, and nothing after it', async () => {
    const writer = openWriter();
    await writer.write(createGroup(alice, [bob, carol]), removeMembers(alice, [bob]), send(carol, group));
    expect((await writer.inboxOf(bob)).map((entry) => entry.event?.type)).toEqual([
      'conversation.created',
      'members.removed',
    ]);
    expect(await writer.inboxOf(carol)).toHaveLength(3);
  });

  test('tells each sender of a refusal, and carries out the rest', async () => {
    const writer = openWriter();
    const rejected = recorded(writer.events, 'rejected');
    const [refusal, receipt] = await writer.write(send(carol, direct), send(bob, direct));
    expect(codeOf(refusal)).toBe('not_a_member');
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(rejected).toMatchObject([{ partition: 0, error: { code: 'not_a_member' } }]);
    expect(await writer.backlog()).toBe(0);
  });

  test('of refusals alone commits nothing', async () => {
    const writer = openWriter();
    const [refusal] = await writer.write(send(carol, direct));
    expect(codeOf(refusal)).toBe('not_a_member');
    expect(writer.trace).not.toContain('commit');
    expect(writer.trace.at(-1)).toBe('acknowledge');
  });

  test('announces to the nodes of its recipients what they find at which seq', async () => {
    const writer = openWriter();
    await writer.backplane.presence.join([bob], 'node' as never, 60_000);
    await writer.write(send(alice, direct));
    const deliveries = writer.frames.flatMap((frame) => frame.deliveries);
    expect(deliveries.map(({ event, to }) => [event.conversationSeq, to])).toEqual([
      [1, [[bob, 1]]],
      [2, [[bob, 2]]],
    ]);
  });

  test('goes through although a listener of its events throws, which is told to others', async () => {
    const writer = openWriter();
    const failed = recorded(writer.events, 'listener-failed');
    writer.events.on('committed', () => {
      throw new Error('a defect of the application');
    });
    const [receipt] = await writer.write(send(alice, direct));
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(failed).toEqual([{ event: 'committed', error: new Error('a defect of the application') }]);
    expect(await writer.backlog()).toBe(0);
  });
});
