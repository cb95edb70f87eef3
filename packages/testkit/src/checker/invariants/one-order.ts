import type { Event } from '@tidemark/core';
import { appliedAt, inboxAt, loggedAt, present, shownAt } from '../excerpt.ts';
import type { HistoryRecord, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import { oncePer } from '../once-per.ts';
import { orInsert } from '../or-insert.ts';
import { sameEvent } from '../same-event.ts';
import { evidence, firstSightings, type Sighting, witness } from '../sightings.ts';
import { findings, type Subject, type Violation } from '../violation.ts';
import { aboutEvent, aboutPlace, named, place } from '../wording.ts';

/** Something that stands where another thing stands, or after what should follow it. */
export interface Disorder {
  /** Of the place. */
  readonly key: string;
  readonly sentence: string;
  readonly subject: Subject;
  readonly records: () => readonly HistoryRecord[];
}

/**
 * A conversation has one order, and everyone sees it: its log is dense from 1, whoever sees a place sees the same event
 * there, and in an inbox, on a device, in the order of arrival too, conversationSeqs of a conversation only rise (anew
 * after a reset).
 */
export function oneOrder(observed: Observed): Violation[] {
  const found = findings('one-order', ['P5']);
  for (const { sentence, subject, records } of disorders(observed)) {
    found.add(() => ({ sentence, subject, records: records() }));
  }
  return found.list();
}

export const disorders = oncePer((observed): Disorder[] => {
  const found: Disorder[] = [];
  for (const { log } of observed.conversations.values()) if (log) denseLog(log, found);
  agreement(observed, found);
  for (const { dump } of observed.inboxes.values()) risingInInbox(dump, found);
  for (const { steps, dump } of observed.devices.values()) {
    risingAsApplied(steps, found);
    if (dump) risingAsShown(dump, found);
  }
  return found;
});

function denseLog(log: RecordOf<'log-dump'>, found: Disorder[]): void {
  for (const [index, event] of log.events.entries()) {
    const expected = (log.events[index - 1]?.conversationSeq ?? 0) + 1;
    const seq = event.conversationSeq;
    if (seq === expected) continue;
    found.push({
      key: place(event),
      sentence: `the log of ${log.conversationId} has #${seq} (${named(event)}) where #${expected} belongs`,
      subject: aboutEvent(event),
      records: () => [loggedAt(log, expected - 1, seq)],
    });
  }
}

function agreement(observed: Observed, found: Disorder[]): void {
  const firsts = new Map<string, Sighting[]>();
  for (const sighting of firstSightings(observed)) {
    const { event } = sighting;
    const bySeq = orInsert(firsts, event.conversationId, () => []);
    bySeq[event.conversationSeq] ??= sighting;
    const first = bySeq[event.conversationSeq] ?? sighting;
    if (sameEvent(first.event, event)) continue;
    found.push({
      key: place(event),
      sentence: `at ${place(event)} ${witness(first)} has ${named(first.event)}, and ${witness(sighting)} ${named(event)}`,
      subject: aboutEvent(event),
      records: () => [evidence(first), evidence(sighting)],
    });
  }
}

function risingInInbox(dump: RecordOf<'inbox-dump'>, found: Disorder[]): void {
  const latest = new Map<string, { seq: number; conversationSeq: number }>();
  for (const { seq, conversationId, conversationSeq } of dump.entries) {
    if (conversationId === null || conversationSeq === null) continue;
    const before = latest.get(conversationId);
    if (!before || before.conversationSeq < conversationSeq) latest.set(conversationId, { seq, conversationSeq });
    else if (before.conversationSeq > conversationSeq) {
      const ref = { conversationId, conversationSeq };
      found.push({
        key: place(ref),
        sentence: `the inbox of ${dump.userId} has #${conversationSeq} of ${conversationId} at ${seq}, after #${before.conversationSeq} at ${before.seq}`,
        subject: { kind: 'message', ...ref, operationId: null },
        records: () => [inboxAt(dump, before.seq, seq)],
      });
    }
  }
}

function risingAsApplied(steps: readonly HistoryRecord[], found: Disorder[]): void {
  let latest = new Map<string, { record: RecordOf<'apply'>; seq: number; event: Event }>();
  for (const record of steps) {
    if (record.type === 'reset') latest = new Map();
    if (record.type !== 'apply') continue;
    for (const { seq, event } of record.entries) {
      if (!event) continue;
      const before = latest.get(event.conversationId);
      if (!before || before.event.conversationSeq < event.conversationSeq) {
        latest.set(event.conversationId, { record, seq, event });
      } else if (before.event.conversationSeq > event.conversationSeq) {
        found.push({
          key: place(event),
          sentence: `${record.userId}/${record.deviceId} applied ${named(event)} (${place(event)}) after ${named(before.event)} (#${before.event.conversationSeq})`,
          subject: aboutEvent(event),
          records: () => present(appliedAt(before.record, before.seq), appliedAt(record, seq)),
        });
      }
    }
  }
}

function risingAsShown(dump: RecordOf<'device-dump'>, found: Disorder[]): void {
  for (const { conversationId, events } of dump.conversations) {
    for (const [index, event] of events.entries()) {
      const before = events[index - 1];
      if (!before || before.conversationSeq < event.conversationSeq) continue;
      found.push({
        key: place(event),
        sentence: `${dump.userId}/${dump.deviceId} shows #${event.conversationSeq} of ${conversationId} after #${before.conversationSeq}`,
        subject: aboutPlace(event),
        records: () => [shownAt(dump, conversationId, before.conversationSeq, event.conversationSeq)],
      });
    }
  }
}
