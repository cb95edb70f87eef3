import {
  type ConversationId,
  type ConversationSeq,
  type HistoryStore,
  type MessageSent,
  type Register,
  TidemarkError,
  type UserId,
} from '@tidemark/core';

/** A message as its reader may see it. Part of stage 1. */
export interface VisibleMessage {
  readonly message: MessageSent;
  readonly registers: readonly Register[];
  /** The last event that its reader may know of. */
  readonly asOf: number;
}

/**
 * Whoever may read a message may ask what has become of it, up to the end of their last stay.
 *
 * @throws TidemarkError `message_not_found` where the message is none, or not one that the user may see; `revoked`
 */
export async function visibleMessage(
  history: Pick<HistoryStore, 'range'>,
  { userId, conversationId, seq }: { userId: UserId; conversationId: ConversationId; seq: ConversationSeq },
): Promise<VisibleMessage> {
  const { events, registers, asOf } = await history.range({ userId, conversationId, after: seq - 1, limit: 1 });
  const [message] = events;
  if (message?.conversationSeq === seq) {
    if (message.type === 'message.sent') return { message, registers, asOf };
    if (message.type === 'message.erased')
      throw new TidemarkError('revoked', 'the message was revoked', { field: 'seq' });
  }
  throw new TidemarkError('message_not_found', 'no such message of the conversation', { field: 'seq' });
}
