import { type ConversationId, commandKey, type Event } from '@tidemark/core';
import { appliedAt, inboxAt, loggedAt, shownAt } from '../excerpt.ts';
import type { HistoryRecord, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedDevice } from '../observed-device.ts';
import { oncePer } from '../once-per.ts';
import { orInsert } from '../or-insert.ts';
import { isMessage } from '../same-event.ts';
import { findings, type Subject, type Violation } from '../violation.ts';
import { aboutEvent, named, place } from '../wording.ts';

/** One thing that is there twice. */
export interface Repeat {
  /** Of the message, or the place. */
  readonly key: string;
  readonly sentence: string;
  readonly subject: Subject;
  readonly records: () => readonly HistoryRecord[];
}

/**
 * Sending twice is sending once, and what arrives arrives once: a command has one event in the log, an event one entry in
 * an inbox; a device applies it once (anew only after a reset, which took away what was there), shows it once, and not
 * beside a draft of itself.
 */
export function visibleOnce(observed: Observed): Violation[] {
  const found = findings('visible-once', ['P3', 'P8']);
  for (const { sentence, subject, records } of repeats(observed)) {
    found.add(() => ({ sentence, subject, records: records() }));
  }
  return found.list();
}

export const repeats = oncePer((observed): Repeat[] => {
  const found: Repeat[] = [];
  for (const { log } of observed.conversations.values()) if (log) inLog(log, found);
  for (const { dump } of observed.inboxes.values()) inInbox(dump, found);
  for (const device of observed.devices.values()) {
    applied(device, found);
    if (device.dump) shown(device.dump, found);
  }
  return found;
});

function inLog(log: RecordOf<'log-dump'>, found: Repeat[]): void {
  twice(log.events, (first, event) => {
    found.push({
      key: keyOf(event),
      sentence: `${named(event)} stands in the log at #${first.conversationSeq} and at #${event.conversationSeq} of ${event.conversationId}`,
      subject: aboutEvent(event),
      records: () => [loggedAt(log, first.conversationSeq, event.conversationSeq)],
    });
  });
}

function inInbox(dump: RecordOf<'inbox-dump'>, found: Repeat[]): void {
  const places = new Map<ConversationId, number[]>();
  for (const { seq, conversationId, conversationSeq } of dump.entries) {
    if (conversationId === null || conversationSeq === null) continue;
    const seqs = places.get(conversationId) ?? [];
    places.set(conversationId, seqs);
    const first = seqs[conversationSeq];
    if (first === undefined) seqs[conversationSeq] = seq;
    else {
      found.push({
        key: place({ conversationId, conversationSeq }),
        sentence: `the inbox of ${dump.userId} holds ${place({ conversationId, conversationSeq })} at ${first} and at ${seq}`,
        subject: { kind: 'message', conversationId, conversationSeq, operationId: null },
        records: () => [inboxAt(dump, first, seq)],
      });
    }
  }
}

interface Application {
  readonly step: RecordOf<'apply'>;
  readonly seq: number;
}

function applied(device: ObservedDevice, found: Repeat[]): void {
  let before = new Map<string, Application>();
  let places = new Map<ConversationId, Application[]>();
  for (const step of device.steps) {
    if (step.type === 'reset') [before, places] = [new Map(), new Map()];
    if (step.type !== 'apply') continue;
    for (const { seq, event } of step.entries) {
      if (!event) continue;
      const ofConversation = orInsert(places, event.conversationId, () => []);
      const key = isMessage(event) ? keyOf(event) : undefined;
      const first = ofConversation[event.conversationSeq] ?? (key === undefined ? undefined : before.get(key));
      const now = { step, seq };
      if (first) {
        found.push({
          key: key ?? place(event),
          sentence: `${device.key} applied ${named(event)} (${place(event)}) twice, as ${first.seq} and as ${seq}, without a reset between`,
          subject: aboutEvent(event),
          records: () => [appliedAt(first.step, first.seq), appliedAt(step, seq)],
        });
        continue;
      }
      ofConversation[event.conversationSeq] = now;
      if (key !== undefined) before.set(key, now);
    }
  }
}

function shown(dump: RecordOf<'device-dump'>, found: Repeat[]): void {
  const by = `${dump.userId}/${dump.deviceId}`;
  const drafts = new Map(dump.drafts.map((draft) => [draft.clientMessageId, draft]));
  for (const { conversationId, events } of dump.conversations) {
    twice(events, (first, event) => {
      found.push({
        key: keyOf(event),
        sentence: `${by} shows ${named(event)} at #${first.conversationSeq} and at #${event.conversationSeq} of ${conversationId}`,
        subject: aboutEvent(event),
        records: () => [shownAt(dump, conversationId, first.conversationSeq, event.conversationSeq)],
      });
    });
    if (drafts.size === 0) continue;
    for (const event of events) {
      const draft = event.actorId === dump.userId && event.commandId !== null && drafts.get(event.commandId);
      if (!draft) continue;
      found.push({
        key: keyOf(event),
        sentence: `${by} shows ${named(event)} (${place(event)}), and still its draft`,
        subject: aboutEvent(event),
        records: () => [{ ...shownAt(dump, conversationId, event.conversationSeq), drafts: [draft] }],
      });
    }
  }
}

/** Calls for each event whose command an earlier one of the list has. */
function twice(events: readonly Event[], report: (first: Event, event: Event) => void): void {
  const firsts = new Map<string, Event>();
  for (const event of events) {
    if (event.commandId === null) continue;
    const key = keyOf(event);
    const first = firsts.get(key);
    if (first) report(first, event);
    else firsts.set(key, event);
  }
}

/** Made once for an event, however many hold it. */
const keys = new WeakMap<Event, string>();

function keyOf(event: Event): string {
  const known = keys.get(event);
  if (known !== undefined) return known;
  const { actorId, commandId } = event;
  const key = commandId === null ? place(event) : commandKey({ actorId, commandId });
  keys.set(event, key);
  return key;
}
