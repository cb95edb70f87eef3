import { createHash } from 'node:crypto';
import {
  backoff,
  type Clock,
  type CommandId,
  type Content,
  directConversationId,
  parseUserId,
  type Random,
  type Receipt,
  TidemarkError,
} from '@tidemark/core';
import { parseWire } from '@tidemark/core/wire';
import { z } from 'zod';
import type { SendAs } from './send-as.ts';

/** A message for many, each in their direct conversation with `as`. */
export type Broadcast<In> = {
  /**
   * What makes it this broadcast, such as `release-2.1`: run again with the same id, by any process and after whatever crash, it
   * reaches those whom it has not reached, and is one message for everybody.
   */
  id: string;
  /** Who sends it: a system account. */
  as: string;
} & Content<In>;

export interface BroadcastOptions {
  /** At most so many a second; beside them others have their share of each partition. Default 100. */
  readonly messagesPerSecond?: number | undefined;
  /** Ends it: no further message is begun, and it rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each user, with how many are done. */
  readonly onProgress?: ((done: number, userId: string) => void) | undefined;
}

export interface BroadcastReport {
  /** Users who have the message, whether now or from an earlier run. */
  readonly reached: number;
  /** Users to whom it can't be sent, and why. */
  readonly failed: readonly { readonly userId: string; readonly error: TidemarkError }[];
}

/** Messages that wait for their receipts at a time. */
const UNDER_WAY = 16;
/** ms between tries. */
const PACE = { baseMs: 500, capMs: 30_000 };

const rules = z.object({
  id: z.string().min(1).max(1_000),
  messagesPerSecond: z.number().positive().max(1_000_000).default(100),
});

/**
 * Sends to one user after the other, as fast as it may. What passes (a queue that is full, a store that cannot be reached, an
 * outcome that is unknown) is tried again for as long as it takes, under the same id.
 */
export async function broadcast<In>(
  users: Iterable<string> | AsyncIterable<string>,
  message: Broadcast<In>,
  options: BroadcastOptions,
  { send, clock, random }: { send: (message: SendAs<In>) => Promise<Receipt>; clock: Clock; random: Random },
): Promise<BroadcastReport> {
  const { id, as, ...content } = message;
  const { signal, onProgress } = options;
  const { messagesPerSecond } = parseWire(rules, { id, messagesPerSecond: options.messagesPerSecond });
  const sender = parseUserId(as, 'as');
  const failed: { userId: string; error: TidemarkError }[] = [];
  const underWay = new Set<Promise<void>>();
  let done = 0;
  let nextAt = clock.monotonic();

  const reach = async (userId: string): Promise<void> => {
    try {
      const conversationId = directConversationId(sender, userId);
      const draft = { as, conversationId, clientMessageId: idFor(id, userId), ...content } as unknown as SendAs<In>;
      for (let attempt = 0; ; attempt++) {
        try {
          await send(draft);
          return;
        } catch (error) {
          if (!(error instanceof TidemarkError) || error.policy === 'give-up') throw error;
        }
        await clock.sleep(backoff(attempt, { ...PACE, random }), signal);
        signal?.throwIfAborted();
      }
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error;
      failed.push({ userId, error });
    }
  };

  for await (const userId of users) {
    await clock.sleep(Math.max(0, nextAt - clock.monotonic()), signal);
    while (underWay.size >= UNDER_WAY) await Promise.race(underWay);
    signal?.throwIfAborted();
    nextAt = Math.max(nextAt, clock.monotonic()) + 1_000 / messagesPerSecond;
    const sending = reach(userId).then(() => {
      underWay.delete(sending);
      done += 1;
      onProgress?.(done, userId);
    });
    // It stays under way, and ends the loop the next time that is waited for.
    sending.catch(() => undefined);
    underWay.add(sending);
  }
  await Promise.all(underWay);
  return { reached: done - failed.length, failed };
}

/** The same for the same user of the same broadcast. */
function idFor(broadcastId: string, userId: string): CommandId {
  return createHash('sha256').update(`${broadcastId}\0${userId}`).digest('base64url') as CommandId;
}
