import {
  type ConversationSeq,
  type Event,
  type InboxRow,
  type NodeId,
  type Seq,
  TidemarkError,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { conversationBuilder } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { decodeNodeFrame, type NodeFrame, type Reply } from '../../src/notify/node-frame.ts';
import { Publisher } from '../../src/notify/publisher.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob, carol } from '../support/commands.ts';
import { flushPromises, ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const HERE = 'here' as NodeId;
const THERE = 'there' as NodeId;
const TTL = 30_000;

/** This node announces; what arrives here and at another node is kept. */
async function openPublisher({ deliverHere }: { deliverHere?: () => never } = {}) {
  const clock = new ManualClock();
  const shared = createMemoryBackplaneState();
  const open = () => memoryBackplane({ partitions: 1, backlog: 10, deadLetters: 10, shared, clock });
  const backplane = open();
  const here: NodeFrame[] = [];
  const there: NodeFrame[] = [];
  await open().notifier.listen(THERE, (frame) => there.push(decodeNodeFrame(frame, 'ours')));
  const events = new ServerEventBus();
  const publisher = new Publisher({
    ...backplane,
    events,
    nodeId: HERE,
    deployment: () => 'ours',
    deliverHere: deliverHere ?? ((frame) => here.push(frame)),
  });
  const publish = async (committed: Event[], rows: InboxRow[], replies: (Reply & { to: NodeId })[]) => {
    await publisher.publish(3, { events: committed, rows, setBacks: 7, replies });
    await flushPromises();
  };
  return { clock, backplane, events, here, there, publish };
}

const chat = conversationBuilder({ memberIds: [alice, bob, carol] });
const first = chat.created;
const second = chat.message();

function row(userId: UserId, seq: number, event: Event | null): InboxRow {
  const ref = event && {
    conversationId: event.conversationId,
    conversationSeq: event.conversationSeq as ConversationSeq,
  };
  return { userId, seq: seq as Seq, ref, at: 1 };
}

function reply(call: string, to: NodeId): Reply & { to: NodeId } {
  return { to, call, error: new TidemarkError('not_a_member', 'no', { field: 'conversationId' }) };
}

/** Who is told of which event, at which seq. */
function told(frames: readonly NodeFrame[]) {
  return frames.flatMap(({ deliveries }) => deliveries.map(({ event, to }) => [event.conversationSeq, to]));
}

describe('committed events', () => {
  test('go once to each node that holds a recipient, with the seqs of its own users alone', async () => {
    const { backplane, here, there, publish } = await openPublisher();
    await backplane.presence.join([alice, bob], HERE, TTL);
    await backplane.presence.join([bob, carol], THERE, TTL);
    const rows = [row(alice, 1, first), row(bob, 5, first), row(carol, 9, first), row(bob, 6, second)];
    await publish([first, second], rows, []);
    expect([here.length, there.length]).toEqual([1, 1]);
    expect(told(here)).toEqual([
      [
        1,
        [
          [alice, 1],
          [bob, 5],
        ],
      ],
      [2, [[bob, 6]]],
    ]);
    expect(told(there)).toEqual([
      [
        1,
        [
          [bob, 5],
          [carol, 9],
        ],
      ],
      [2, [[bob, 6]]],
    ]);
    expect(there[0]?.deliveries[0]?.event).toEqual(first);
    expect([here[0]?.setBacks, there[0]?.setBacks]).toEqual([7, 7]);
  });

  test('whose recipients hold no feed anywhere are told to nobody', async () => {
    const { here, there, publish, events } = await openPublisher();
    const published = recorded(events, 'published');
    await publish([first], [row(alice, 1, first)], []);
    expect([here, there]).toEqual([[], []]);
    expect(published).toEqual([{ partition: 3, events: 1, nodes: 0, replies: 0 }]);
  });

  test('are no longer told to a node whose presence has run out', async () => {
    const { backplane, clock, there, publish } = await openPublisher();
    await backplane.presence.join([bob], THERE, TTL);
    await clock.advance(TTL + 1);
    await publish([first], [row(bob, 1, first)], []);
    expect(there).toEqual([]);
  });

  test('are told with the highest void of each of their users', async () => {
    const { backplane, here, there, publish } = await openPublisher();
    await backplane.presence.join([alice], HERE, TTL);
    await backplane.presence.join([alice, bob], THERE, TTL);
    const voids = [
      row(alice, 1, null),
      row(alice, 4, null),
      row(alice, 3, null),
      row(bob, 7, null),
      row(carol, 9, null),
    ];
    await publish([first], [row(alice, 2, first), ...voids], []);
    expect(told(here)).toEqual([[1, [[alice, 2]]]]);
    expect(here.map((frame) => frame.voids)).toEqual([[[alice, 4]]]);
    expect(there.map((frame) => frame.voids)).toEqual([
      [
        [alice, 4],
        [bob, 7],
      ],
    ]);
  });

  test('are not needed for voids to be told', async () => {
    const { backplane, here, publish } = await openPublisher();
    await backplane.presence.join([alice], HERE, TTL);
    await publish([], [row(alice, 1, null)], []);
    expect(here).toEqual([{ deliveries: [], voids: [[alice, 1]], replies: [], setBacks: 7 }]);
  });
});

describe('replies', () => {
  test('go to the nodes of their senders, in the frame of the events where there is one', async () => {
    const { backplane, here, there, publish, events } = await openPublisher();
    const published = recorded(events, 'published');
    await backplane.presence.join([alice], THERE, TTL);
    await publish([first], [row(alice, 1, first)], [reply('here.1', HERE), reply('there.1', THERE)]);
    expect(here).toMatchObject([{ deliveries: [], replies: [{ call: 'here.1', error: { code: 'not_a_member' } }] }]);
    expect(there).toHaveLength(1);
    expect(there[0]?.deliveries).toHaveLength(1);
    expect(there[0]?.replies).toMatchObject([
      { call: 'there.1', error: { code: 'not_a_member', field: 'conversationId' } },
    ]);
    expect(published).toEqual([{ partition: 3, events: 1, nodes: 2, replies: 2 }]);
  });

  test('arrive although nobody knows where the recipients are', async () => {
    const { backplane, here, there, publish, events } = await openPublisher();
    const failed = recorded(events, 'publish-failed');
    backplane.presence.nodesOf = async () => {
      throw new UnavailableError('connection refused');
    };
    await publish([first], [row(alice, 1, first)], [reply('here.1', HERE), reply('there.1', THERE)]);
    expect(here.flatMap((frame) => frame.replies)).toHaveLength(1);
    expect(there.flatMap((frame) => frame.replies)).toHaveLength(1);
    expect(failed).toMatchObject([{ nodeId: null, error: expect.any(UnavailableError) }]);
  });
});

test('a node that cannot be reached is passed over, and the others hear', async () => {
  const { backplane, here, publish, events } = await openPublisher();
  const failed = recorded(events, 'publish-failed');
  await backplane.presence.join([alice], HERE, TTL);
  await backplane.presence.join([alice], THERE, TTL);
  backplane.notifier.publish = async () => {
    throw new UnavailableError('connection refused');
  };
  await publish([first], [row(alice, 1, first)], []);
  expect(told(here)).toHaveLength(1);
  expect(failed).toMatchObject([{ nodeId: THERE }]);
});

test('a defect fails no publisher, since what it tells of is stored: it is reported, and the others hear', async () => {
  const { backplane, there, publish, events } = await openPublisher({
    deliverHere: () => {
      throw new RangeError('a defect here');
    },
  });
  const failed = recorded(events, 'publish-failed');
  await backplane.presence.join([alice], HERE, TTL);
  await publish([first], [row(alice, 1, first)], []);
  backplane.presence.nodesOf = async () => {
    throw new TypeError('a defect of the switchboard');
  };
  await publish([second], [row(alice, 2, second)], [reply('there.1', THERE)]);
  expect(there.flatMap((frame) => frame.replies)).toHaveLength(1);
  expect(failed).toMatchObject([
    { nodeId: HERE, error: new RangeError('a defect here') },
    { nodeId: null, error: new TypeError('a defect of the switchboard') },
  ]);
});
