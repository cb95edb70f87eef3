import type { ConversationId, EventRef, UserId } from '@tidemark/core';
import type { RecordOf } from './history.ts';
import { orInsert } from './or-insert.ts';

type DumpedEntry = RecordOf<'inbox-dump'>['entries'][number];

/** A user's inbox as the inbox store had it at the end. */
export interface ObservedInbox {
  readonly userId: UserId;
  readonly dump: RecordOf<'inbox-dump'>;
  /** By seq; the first, where two stand at one seq. */
  readonly entries: readonly (DumpedEntry | undefined)[];
  /** Where an event stands; `undefined` when it does not. */
  seqOf(ref: EventRef): number | undefined;
}

export function observeInbox(dump: RecordOf<'inbox-dump'>): ObservedInbox {
  const entries: (DumpedEntry | undefined)[] = [];
  const seqs = new Map<ConversationId, number[]>();
  for (const entry of dump.entries) {
    entries[entry.seq] ??= entry;
    if (entry.conversationId === null || entry.conversationSeq === null) continue;
    const ofConversation = orInsert(seqs, entry.conversationId, () => []);
    ofConversation[entry.conversationSeq] ??= entry.seq;
  }
  return {
    userId: dump.userId,
    dump,
    entries,
    seqOf: (ref) => seqs.get(ref.conversationId)?.[ref.conversationSeq],
  };
}
