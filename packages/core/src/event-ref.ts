import type { ConversationId, ConversationSeq } from './ids.ts';

/** Points at an event of the log. */
export interface EventRef {
  readonly conversationId: ConversationId;
  readonly conversationSeq: ConversationSeq;
}

/** The place of an event as a key of maps; the same for events and references to them. */
export function refKey({ conversationId, conversationSeq }: EventRef): string {
  return `${conversationId} ${conversationSeq}`;
}
