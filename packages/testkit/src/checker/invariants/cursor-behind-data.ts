import { kindOf } from '@tidemark/core';
import { jumps } from '../device-jumps.ts';
import { appliedAt, inboxAt, present, shownAt } from '../excerpt.ts';
import type { HistoryRecord, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import { type ObservedDevice, positionOf } from '../observed-device.ts';
import type { ObservedInbox } from '../observed-inbox.ts';
import { isMessage } from '../same-event.ts';
import { type Findings, findings, type Violation } from '../violation.ts';
import { place } from '../wording.ts';

/**
 * A device's cursor is never ahead of the contiguous data it holds: entries follow each other without a hole, the cursor
 * kept with them and the one announced as live are no further, a device that comes back (from its own death too) holds
 * everything up to the cursor it comes back with, and so does its dump.
 */
export function cursorBehindData(observed: Observed): Violation[] {
  const found = findings('cursor-behind-data', ['P8', 'P10']);
  for (const device of observed.devices.values()) {
    const inbox = observed.inboxes.get(device.userId);
    holes(device, inbox, found);
    if (!inbox) continue;
    comingBack(observed, device, inbox, found);
    atTheEnd(observed, device, inbox, found);
  }
  return found.list();
}

/** Holes below what retention left are a matter of truncation. */
function holes(device: ObservedDevice, inbox: ObservedInbox | undefined, found: Findings): void {
  for (const { from, to, since, step } of jumps(device)) {
    if (from <= (inbox?.dump.floor ?? 0)) continue;
    found.add(() => ({
      sentence: `${device.key} went on to ${to + 1} without ${from === to ? from : `${from} … ${to}`}`,
      subject: subjectOf(device),
      records: present(since && cut(since, from - 1), cut(step, from - 1, to + 1)),
    }));
  }
}

function cut(step: HistoryRecord, ...seqs: readonly number[]): HistoryRecord {
  return step.type === 'apply' ? appliedAt(step, ...seqs) : step;
}

function comingBack(observed: Observed, device: ObservedDevice, inbox: ObservedInbox, found: Findings): void {
  let rebuiltAt = 0;
  for (const { step, before, says: position } of device.walked) {
    if (!position || position.epoch !== inbox.dump.epoch) continue;
    if (step.type === 'reset') rebuiltAt = position.seq;
    if (step.type !== 'resume') continue;
    // It died after it was rebuilt and before it said so: from nothing, from another epoch, or from below the floor.
    const isContinued = before?.epoch === position.epoch && before.seq >= inbox.dump.floor;
    if (!isContinued && (before?.epoch !== position.epoch || before.seq < position.seq)) rebuiltAt = position.seq;
    const missing = firstMissing(
      observed,
      device,
      inbox,
      rebuiltAt,
      position.seq,
      (conversationId, conversationSeq) => {
        return (step.held[conversationId] ?? 0) >= conversationSeq;
      },
    );
    if (missing) addMissing(device, inbox, missing, `came back with cursor ${position.seq}`, step, found);
  }
}

function atTheEnd(observed: Observed, device: ObservedDevice, inbox: ObservedInbox, found: Findings): void {
  const { dump } = device;
  const position = dump ? positionOf(dump.cursor) : undefined;
  if (!dump || !position || position.epoch !== inbox.dump.epoch) return;
  const { position: known, since } = device.end;
  if (known?.epoch === position.epoch && known.seq < position.seq) {
    found.add(() => ({
      sentence: `${device.key} ends with cursor ${position.seq}, and what it told of its data ends at ${known.seq}`,
      subject: subjectOf(device),
      records: present(since && cut(since, known.seq), { ...dump, conversations: [] }),
    }));
  }
  const missing = firstMissing(observed, device, inbox, 0, position.seq, (conversationId, seq) => {
    return device.shown(conversationId, seq) !== undefined;
  });
  if (!missing) return;
  const shown = shownAt(dump, missing.conversationId, missing.conversationSeq);
  addMissing(device, inbox, missing, `ends with cursor ${position.seq}`, shown, found);
}

interface Missing {
  readonly seq: number;
  readonly conversationId: RecordOf<'log-dump'>['conversationId'];
  readonly conversationSeq: number;
}

/**
 * The first entry of (after, upTo] that should be held and is not. Read marks are folded into other rows; and what the user
 * has left may be gone where a snapshot may have taken the place of the entries.
 */
function firstMissing(
  observed: Observed,
  device: ObservedDevice,
  inbox: ObservedInbox,
  after: number,
  upTo: number,
  isHeld: (conversationId: Missing['conversationId'], conversationSeq: number) => boolean,
): Missing | undefined {
  for (let seq = Math.max(after, inbox.dump.floor) + 1; seq <= upTo; seq++) {
    const entry = inbox.entries[seq];
    if (!entry || entry.conversationId === null || entry.conversationSeq === null) continue;
    const { conversationId, conversationSeq } = entry;
    if (isHeld(conversationId, conversationSeq)) continue;
    const conversation = observed.conversations.get(conversationId);
    const event = conversation?.events[conversationSeq];
    if (!event || event.type === 'read.marked' || isUnlisted(observed, conversationId)) continue;
    if (seq <= device.snapshotUpTo && !conversation?.isMemberNow(device.userId)) continue;
    return { seq, conversationId, conversationSeq };
  }
  return undefined;
}

/** The conversation of a user alone is on no list until it holds a message. */
function isUnlisted(observed: Observed, conversationId: Missing['conversationId']): boolean {
  const { log } = observed.conversations.get(conversationId) ?? {};
  return kindOf(conversationId) === 'self' && !log?.events.some(isMessage);
}

function addMissing(
  device: ObservedDevice,
  inbox: ObservedInbox,
  missing: Missing,
  how: string,
  record: HistoryRecord,
  found: Findings,
): void {
  found.add(() => ({
    sentence: `${device.key} ${how}, and does not hold entry ${missing.seq} (${place(missing)})`,
    subject: subjectOf(device),
    records: [inboxAt(inbox.dump, missing.seq), record],
  }));
}

function subjectOf({ userId, deviceId }: ObservedDevice) {
  return { kind: 'device', userId, deviceId } as const;
}
