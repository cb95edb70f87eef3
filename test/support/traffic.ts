import type { Receipt } from '@tidemark/core';
import type { StockClient } from './delivery-record.ts';
import { type RetryReason, sendUntilReceipt } from './send-until-receipt.ts';

/** One user who sends to one conversation. */
export interface Lane {
  /** May change on the way, as for a device that connects to another server; asked before each try. */
  readonly client: StockClient;
  readonly user: string;
  readonly conversationId: string;
}

/** Messages on their way, without end, until it is stopped. */
export interface Traffic {
  /** By clientMessageId, in the order in which they came. */
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** Times a send was repeated, by reason. */
  readonly retries: ReadonlyMap<RetryReason, number>;
  /** Sends nothing new, and resolves when everything sent has its receipt. Rejects when a send failed for good. */
  stop(): Promise<void>;
}

/**
 * Each lane sends one message after the other, every one until its receipt, so that its messages have an order:
 * `<user>-<index of the lane>-<n>`.
 */
export function startTraffic(lanes: readonly Lane[], pauseMs = 5): Traffic {
  const receipts = new Map<string, Receipt>();
  const retries = new Map<RetryReason, number>();
  let stopped = false;

  async function run(lane: Lane, index: number): Promise<void> {
    const { user, conversationId } = lane;
    for (let n = 1; !stopped; n++) {
      const clientMessageId = `${user}-${index}-${n}`;
      const receipt = await sendUntilReceipt(
        () => lane.client,
        { conversationId, clientMessageId, text: clientMessageId },
        (reason) => retries.set(reason, (retries.get(reason) ?? 0) + 1),
      );
      receipts.set(clientMessageId, receipt);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  const running = Promise.all(lanes.map(run));
  // Told by `stop`.
  running.catch(() => {});
  return {
    receipts,
    retries,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}
