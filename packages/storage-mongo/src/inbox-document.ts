import type { ConversationId, ConversationSeq, EventRef, InboxRow, Seq, UserId } from '@tidemark/core';
import type { MongoDocument } from './mongo-db.ts';

/** A row as it is stored. A void has neither conversationId nor conversationSeq. */
export interface InboxDocument extends MongoDocument {
  readonly userId: UserId;
  readonly seq: Seq;
  readonly conversationId?: ConversationId;
  readonly conversationSeq?: ConversationSeq;
  readonly at: Date;
  /** When the TTL index removes it: `at` plus the retention. */
  readonly expireAt: Date;
}

/** A new object each time: the driver adds an `_id` to what it inserts. */
export function documentOf({ userId, seq, ref, at }: InboxRow, retentionMs: number): InboxDocument {
  const place = ref && { conversationId: ref.conversationId, conversationSeq: ref.conversationSeq };
  return { userId, seq, ...place, at: new Date(at), expireAt: new Date(at + retentionMs) };
}

export function rowOf(document: MongoDocument): InboxRow {
  const { userId, seq, at } = document as InboxDocument;
  return { userId, seq, ref: refOf(document), at: at.getTime() };
}

export function refOf(document: MongoDocument): EventRef | null {
  const { conversationId, conversationSeq } = document as InboxDocument;
  if (conversationId === undefined || conversationSeq === undefined) return null;
  return { conversationId, conversationSeq };
}
