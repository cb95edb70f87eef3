import { appliedAt, inboxAt } from '../excerpt.ts';
import type { RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedDevice } from '../observed-device.ts';
import type { ObservedInbox } from '../observed-inbox.ts';
import { type Findings, findings, type Violation } from '../violation.ts';
import { place } from '../wording.ts';

/**
 * A user's seqs are 1, 2, 3 … : what is above the floor is there up to the head, each seq once, voids explicit; and what a
 * device applied at a seq is what stands there, for all time: nothing takes the place of a void or of an event.
 */
export function denseInbox(observed: Observed): Violation[] {
  const found = findings('dense-inbox', ['P4']);
  for (const { dump } of observed.inboxes.values()) contiguous(dump, found);
  for (const device of observed.devices.values()) unchanged(device, observed.inboxes.get(device.userId), found);
  return found.list();
}

function contiguous(dump: RecordOf<'inbox-dump'>, found: Findings): void {
  const { userId, floor, head, entries } = dump;
  const add = (sentence: string, ...seqs: readonly number[]): void =>
    found.add(() => ({ sentence, subject: { kind: 'user', userId }, records: [inboxAt(dump, ...seqs)] }));
  let before = floor;
  for (const { seq } of entries) {
    if (seq !== before + 1) add(`the inbox of ${userId} has ${seq} where ${before + 1} belongs`, before, seq);
    before = seq;
  }
  if (before !== head) add(`the inbox of ${userId} ends at ${before}, and its head is ${head}`, before);
}

function unchanged(device: ObservedDevice, inbox: ObservedInbox | undefined, found: Findings): void {
  if (!inbox) return;
  const { dump, entries } = inbox;
  for (const { step, says } of device.walked) {
    if (step.type !== 'apply' || says?.epoch !== dump.epoch) continue;
    for (const { seq, event } of step.entries) {
      const stored = entries[seq];
      if (!stored) continue;
      if (stored.conversationId === (event?.conversationId ?? null)) {
        if (stored.conversationSeq === (event?.conversationSeq ?? null)) continue;
      }
      const { conversationId, conversationSeq } = stored;
      const now = conversationId && conversationSeq ? place({ conversationId, conversationSeq }) : 'a void';
      found.add(() => ({
        sentence: `${device.key} applied ${event ? place(event) : 'a void'} as ${seq} of ${device.userId}, where ${now} stands at the end`,
        subject: { kind: 'user', userId: device.userId },
        records: [appliedAt(step, seq), inboxAt(dump, seq)],
      }));
    }
  }
}
