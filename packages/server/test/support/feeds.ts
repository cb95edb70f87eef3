import type { Event, InboxStore, NodeId, Seq, Storage, UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { seededRandom } from '@tidemark/testkit';
import { InboxReader } from '../../src/inbox/inbox-reader.ts';
import { VoidFiller } from '../../src/inbox/void-filler.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { Feed, type FeedOptions } from '../../src/subscription/feed.ts';
import { FeedHub } from '../../src/subscription/feed-hub.ts';
import { openInboxRows } from './inbox-rows.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingSink } from './recording-sink.ts';
import { withInbox } from './storage-faults.ts';

export const GAP_PATIENCE = 25;
export const HEADS_EVERY = 3_000;
export const PRESENCE_TTL = 30_000;
export const NODE = 'node' as NodeId;

/** Feeds of one node over a memory storage, whose inbox a test changes as it likes. */
export function openFeeds(
  options: {
    page?: number;
    aheadLimit?: number;
    inbox?: (inbox: InboxStore) => Partial<InboxStore>;
    checkSetBack?: () => Promise<unknown>;
  } = {},
) {
  const { page = 10, aheadLimit = 8, inbox: changed = () => ({}), checkSetBack = async () => {} } = options;
  const plain = memoryStorage();
  let reads = 0;
  const inbox = withInbox(plain.inbox, changed(plain.inbox));
  const counted = withInbox(inbox, {
    range: (...query) => {
      reads += 1;
      return inbox.range(...query);
    },
  });
  const storage: Storage = { ...plain, inbox: counted };
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const voids = new VoidFiller({ inbox: plain.inbox, clock, events, voidAfterMs: 600_000 });
  const reader = new InboxReader(storage, voids);
  const ports: FeedOptions = {
    reader,
    clock,
    events,
    random: seededRandom(1),
    limits: { contentBytes: 1_000, frameBytes: 2_000 },
    page,
    charge: () => {},
    gapPatienceMs: GAP_PATIENCE,
    aheadLimit,
  };
  const backplane = memoryBackplane({
    partitions: 1,
    backlog: 10,
    deadLetters: 10,
    shared: createMemoryBackplaneState(),
    clock,
  });
  const counters = backplane.inboxSeq(storage.inbox.epoch);
  const hub = new FeedHub({
    nodeId: NODE,
    presence: backplane.presence,
    seqs: () => counters,
    reader,
    checkSetBack,
    clock,
    events,
    presenceTtlMs: PRESENCE_TTL,
    headsEveryMs: HEADS_EVERY,
    headsPage: 2,
  });
  const rows = openInboxRows({ storage: plain });

  /** A feed of the user that has begun after `seq`. */
  async function open(options: { after?: number; userId?: UserId } = {}) {
    const { after = 0, userId = rows.userId } = options;
    const sink = new RecordingSink();
    const feed = new Feed(userId, sink, ports);
    await hub.add(feed);
    feed.start(after as Seq, undefined);
    await clock.advance(0);
    return { feed, sink };
  }

  /** Puts events at these seqs into the store, and tells the feed of each in turn. */
  async function commitAndOffer(feed: Feed, ...seqs: number[]): Promise<void> {
    for (const seq of seqs) {
      const [event] = await rows.put(seq);
      feed.offer(seq as Seq, { event: event as Event });
    }
  }

  return { ...rows, clock, events, reader, ports, backplane, counters, hub, open, commitAndOffer, reads: () => reads };
}
