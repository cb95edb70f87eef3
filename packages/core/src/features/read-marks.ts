import type { ConversationId, ConversationSeq } from '../ids.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type MarkRead = CommandHead & {
  readonly type: 'read.mark';
  readonly of: ConversationId;
  readonly readSeq: ConversationSeq;
};

/**
 * The actor has read `of` up to `readSeq`. It lives in the conversation of that user alone, since it concerns nobody
 * else: their other devices learn it through the same inbox as everything.
 */
export interface ReadMarked extends EventHead {
  readonly type: 'read.marked';
  readonly of: ConversationId;
  readonly readSeq: ConversationSeq;
}

export const readMarked: EventDefinition<ReadMarked> = {
  reads: ({ of, readSeq }) => ({ conversationId: of, readSeq }),
};
