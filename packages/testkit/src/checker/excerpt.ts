import type { ConversationId } from '@tidemark/core';
import type { HistoryRecord, RecordOf } from './history.ts';

/** Of the records a counterexample is made of, what matters: whole records of a busy run are thousands of events long. */

/** The entries of an apply at these seqs, with their neighbours. */
export function appliedAt(record: RecordOf<'apply'>, ...seqs: readonly number[]): RecordOf<'apply'> {
  return { ...record, entries: record.entries.filter(({ seq }) => isNear(seq, seqs)) };
}

/** One conversation of a device, with the events at and next to these places. */
export function shownAt(
  record: RecordOf<'device-dump'>,
  conversationId: ConversationId,
  ...seqs: readonly number[]
): RecordOf<'device-dump'> {
  const conversations = record.conversations
    .filter((each) => each.conversationId === conversationId)
    .map((each) => ({ ...each, events: each.events.filter((event) => isNear(event.conversationSeq, seqs)) }));
  return { ...record, conversations, drafts: [] };
}

/** The events of a log at and next to these places. */
export function loggedAt(record: RecordOf<'log-dump'>, ...seqs: readonly number[]): RecordOf<'log-dump'> {
  return { ...record, events: record.events.filter((event) => isNear(event.conversationSeq, seqs)) };
}

/** The entries of an inbox at and next to these seqs. */
export function inboxAt(record: RecordOf<'inbox-dump'>, ...seqs: readonly number[]): RecordOf<'inbox-dump'> {
  return { ...record, entries: record.entries.filter(({ seq }) => isNear(seq, seqs)) };
}

/** A commit or a frame, with this event alone. */
export function carrying<R extends RecordOf<'commit' | 'publish'>>(
  record: R,
  ref: RecordOf<'commit'>['events'][number],
): R {
  const events = record.events.filter(
    (each) => each.conversationId === ref.conversationId && each.conversationSeq === ref.conversationSeq,
  );
  return { ...record, events };
}

/** Leaves out what is not there. */
export function present(...records: readonly (HistoryRecord | undefined | false)[]): HistoryRecord[] {
  return records.filter((record): record is HistoryRecord => record !== undefined && record !== false);
}

function isNear(seq: number, seqs: readonly number[]): boolean {
  return seqs.some((each) => Math.abs(seq - each) <= 1);
}
