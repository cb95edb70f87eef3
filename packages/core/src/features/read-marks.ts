import type { ConversationSettings } from '../conversation.ts';
import type { ConversationId, ConversationSeq } from '../ids.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';
import { settingsRegisters } from './settings.ts';

export type MarkRead = CommandHead & {
  readonly type: 'read.mark';
  readonly of: ConversationId;
  readonly readSeq: ConversationSeq;
  /** The conversation was marked unread, and is no more; absent: it was not. */
  readonly unmarks?: true | undefined;
};

/**
 * The actor has read `of` up to `readSeq`. It lives in the conversation of that user alone, since it concerns nobody
 * else: their other devices learn it through the same inbox as everything.
 */
export interface ReadMarked extends EventHead {
  readonly type: 'read.marked';
  readonly of: ConversationId;
  readonly readSeq: ConversationSeq;
  /** How the actor sees `of` after it; absent: as before. */
  readonly settings?: ConversationSettings | undefined;
}

export const readMarked: EventDefinition<ReadMarked> = {
  reads: ({ of, readSeq }) => ({ conversationId: of, readSeq }),
  sets: ({ of, actorId, settings }) => (settings ? settingsRegisters(of, actorId, settings) : []),
};
