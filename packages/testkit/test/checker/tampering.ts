import type { Event, InboxEntry } from '@tidemark/core';
import type { DumpedConversation, HistoryRecord, RecordOf } from '../../src/checker/history.ts';
import { type JudgeOptions, judge } from '../../src/checker/judge.ts';
import type { InvariantName, Violation } from '../../src/checker/violation.ts';

/** The names of the invariants that fail, in the order of a verdict. */
export function failing(records: readonly HistoryRecord[], options?: JudgeOptions): InvariantName[] {
  const { invariants } = judge(records, options);
  return (Object.keys(invariants) as InvariantName[]).filter((name) => invariants[name] === 'fail');
}

/** The violations of one invariant. */
export function found(
  records: readonly HistoryRecord[],
  invariant: InvariantName,
  options?: JudgeOptions,
): Violation[] {
  return judge(records, options).violations.filter((violation) => violation.invariant === invariant);
}

/** The records with those of a type replaced; `undefined` leaves one out. */
export function edit<T extends HistoryRecord['type']>(
  records: readonly HistoryRecord[],
  type: T,
  change: (record: RecordOf<T>, index: number) => HistoryRecord | undefined,
): HistoryRecord[] {
  let index = 0;
  return records.flatMap((record) => {
    if (record.type !== type) return [record];
    const changed = change(record as RecordOf<T>, index++);
    return changed ? [changed] : [];
  });
}

/** The dump of one device, with one of its conversations changed. */
export function editShown(
  records: readonly HistoryRecord[],
  deviceId: string,
  change: (conversation: DumpedConversation) => DumpedConversation,
): HistoryRecord[] {
  return edit(records, 'device-dump', (dump) =>
    `${dump.userId}/${dump.deviceId}` === deviceId ? { ...dump, conversations: dump.conversations.map(change) } : dump,
  );
}

export function withoutEvent(conversation: DumpedConversation, conversationSeq: number): DumpedConversation {
  const events = conversation.events.filter((event) => event.conversationSeq !== conversationSeq);
  return { ...conversation, events };
}

/** Everything that any observer saw of events, replaced. */
export function editEvents(records: readonly HistoryRecord[], change: (event: Event) => Event): HistoryRecord[] {
  const entry = ({ seq, event }: InboxEntry): InboxEntry => ({ seq, event: event && change(event) });
  return records.map((record): HistoryRecord => {
    if (record.type === 'apply') return { ...record, entries: record.entries.map(entry) };
    if (record.type === 'log-dump') return { ...record, events: record.events.map(change) };
    if (record.type !== 'device-dump') return record;
    const conversations = record.conversations.map((each) => ({ ...each, events: each.events.map(change) }));
    return { ...record, conversations };
  });
}
