import { type HistoryStore, refKey } from '@tidemark/core';
import { resultOf } from '../features/deciding.ts';
import type { NodeFrame } from './node-frame.ts';

/**
 * What stands of a frame that was written before the store was found set back, or by a process that has not heard of it yet: the
 * receipts of what the store still has. Feeds look into the store themselves, up to where the frame says that their inboxes go.
 * Refusals are left out, since they may rest on what is lost; their senders ask again.
 */
export async function whatStands(frame: NodeFrame, history: Pick<HistoryStore, 'findByRef'>): Promise<NodeFrame> {
  const receipts = frame.replies.flatMap((reply) => ('result' in reply ? [reply] : []));
  const stored = receipts.length > 0 ? await history.findByRef(receipts.map(({ result }) => result)) : [];
  const byPlace = new Map(stored.map((event) => [refKey(event), event]));
  return {
    deliveries: [],
    voids: [...frame.voids, ...frame.deliveries.flatMap(({ to }) => to)],
    replies: receipts.filter(({ result }) => {
      const event = byPlace.get(refKey(result));
      const stands = event && resultOf(event);
      return stands?.at === result.at && stands.messageId === result.messageId;
    }),
  };
}
