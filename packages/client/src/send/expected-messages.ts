import type { CommandId, Event, UserId } from '@tidemark/core';
import { unlessRefused } from '../call-error.ts';
import type { ClientEmitter } from '../client-events.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import type { RetryTiming } from '../retry.ts';
import { isKept } from '../sync/apply-entries.ts';
import { createKeyedTasks, type KeyedTasks } from '../sync/keyed-tasks.ts';
import { fetchHistory } from '../sync/load-history.ts';
import { ownDraftIn } from '../sync/own-draft.ts';
import { withLater, withRegisters } from '../sync/with-registers.ts';
import { isSwitch, type OutboxEntries, type Slot, type Stored } from './outbox-entries.ts';

/** How long the feed may take to bring a message that it should bring. */
const FEED_GRACE_MS = 5_000;

export interface ExpectedMessagesOptions {
  readonly userId: UserId;
  readonly trpc: MessagingTrpc;
  readonly events: ClientEmitter;
  readonly timing: RetryTiming;
  readonly entries: OutboxEntries;
  /** Of the term of leadership, as `term` is. */
  readonly replica: LocalReplica;
  readonly term: AbortSignal;
  readonly woken: Parameters<typeof createKeyedTasks>[0]['woken'];
  /** The server has lost it. */
  readonly onLost: (slot: Slot) => void;
}

/**
 * Makes sure that the message of each receipt arrives: what the feed does not bring is fetched from the place that the receipt
 * tells. A store that was restored from a backup may lack it there, though it was acknowledged: then it is sent again.
 */
export function createExpectedMessages(options: ExpectedMessagesOptions): { add(slot: Slot): void } {
  const { trpc, events, timing, entries, replica, term, woken, userId, onLost } = options;
  const fetches: KeyedTasks<CommandId> = createKeyedTasks(
    { what: 'send', limit: 4, timing, events, closing: term, woken },
    fetch,
  );
  /** When the receipts came, in monotonic ms; the oldest first. */
  const expected = new Map<CommandId, number>();
  /** By drafts that were lost, what their receipts said. With the same again it is stored, where the user may not look any more. */
  const lost = new WeakMap<Slot, Stored['messageId']>();
  let isWaiting = false;

  async function waitForFeed(): Promise<void> {
    if (isWaiting) return;
    isWaiting = true;
    for (const [id, since] of expected) {
      const left = since + FEED_GRACE_MS - timing.clock.monotonic();
      if (left > 0) await timing.clock.sleep(left, term);
      expected.delete(id);
      if (!term.aborted && entries.slots.has(id)) fetches.add(id);
    }
    isWaiting = false;
  }

  async function fetch(id: CommandId): Promise<void> {
    const slot = entries.slots.get(id);
    const receipt = slot?.entry.receipt;
    if (!slot || !receipt) return;
    const { conversationId, conversationSeq } = receipt;
    const input = { conversationId, after: conversationSeq - 1, limit: 1 };
    const page = await unlessRefused(fetchHistory(input, trpc, term));
    const found = page?.events.filter((event) => event.conversationSeq === conversationSeq) ?? [];
    if (page && isLost(slot, receipt, found)) {
      lost.set(slot, receipt.messageId);
      onLost(slot);
      return;
    }
    await replica.commit(async () => {
      const events = page ? await withLater({ ...page, events: found }, conversationId, replica, userId) : [];
      return { events: await withRegisters(events.filter(isKept), replica, userId), removeDrafts: [id] };
    });
  }

  /** A switch that changed nothing stands on an event of another; one that is lost is shown as it is now. */
  function isLost(slot: Slot, { messageId }: Stored, found: readonly Event[]): boolean {
    const { draft } = slot.entry;
    const isThere = found.some((event) => ownDraftIn(event, userId) === draft.clientMessageId);
    return !isThere && !isSwitch(draft) && lost.get(slot) !== messageId;
  }

  return {
    add: (slot) => {
      const { draft, receipt } = slot.entry;
      const id = draft.clientMessageId;
      const upTo = (receipt && replica.rows.get(receipt.conversationId)?.local?.to) ?? 0;
      // What changed nothing has no event: it stands on one that is here, or comes.
      const isHere = isSwitch(draft) && upTo >= (receipt?.conversationSeq ?? Infinity);
      if (slot.passed === 'yes' || isHere) fetches.add(id);
      expected.delete(id);
      expected.set(id, timing.clock.monotonic());
      void waitForFeed();
    },
  };
}
