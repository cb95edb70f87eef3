import { type CursorPosition, type Limits, TidemarkError, type UserId } from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { AttachedSocket } from './attached-socket.ts';
import { Feed, type FeedOptions } from './feed.ts';
import type { FeedHub } from './feed-hub.ts';
import { GeneratorFeed } from './generator-feed.ts';
import { SocketFeed } from './socket-feed.ts';

/** Opens a feed after a cursor, on an attached socket or as a plain generator. */
export type OpenFeed = (
  userId: UserId,
  cursor: CursorPosition | undefined,
  socket: AttachedSocket | undefined,
  signal: AbortSignal,
) => AsyncGenerator<unknown>;

/** Stage 7, from the procedure's side: the hub hears first, then the start is read, then the feed begins. */
export function createOpenFeed(options: {
  hub: FeedHub;
  reader: InboxReader;
  ports: FeedOptions;
  limits: Limits;
  limitEvents: LimitEvents;
}): OpenFeed {
  const { hub, reader, ports, limits, limitEvents } = options;

  async function begin(feed: Feed, cursor: Parameters<OpenFeed>[1]): Promise<void> {
    if (feed.isClosed) return;
    try {
      await hub.add(feed);
      const { seq, head, reset, fingerprint } = await reader.start(feed.userId, cursor);
      feed.start(seq, reset, head, fingerprint);
    } catch (error) {
      feed.fail(error);
    }
  }

  /** Streams whose clients vanished without a word may last for hours: they must not lock their owner out. */
  function makeRoom(userId: UserId): void {
    const { feedsPerUser } = limits;
    for (const feed of hub.beyond(userId, feedsPerUser)) {
      limitEvents.reached('limits.feedsPerUser', { userId });
      const detail = `at most ${feedsPerUser} feeds per user on one process (limits.feedsPerUser), and this was the oldest`;
      feed.fail(new TidemarkError('displaced', detail));
      // Not when its generator ends: nobody may read from it any more.
      void hub.remove(feed);
    }
  }

  return async function* openFeed(userId, cursor, socket, signal) {
    const sink = socket ? new SocketFeed(socket) : new GeneratorFeed(reader.epoch);
    const feed = new Feed(userId, sink, ports);
    hub.reserve(feed);
    makeRoom(userId);
    try {
      yield* sink.run(() => void begin(feed, cursor), signal);
    } finally {
      await hub.remove(feed);
    }
  };
}
