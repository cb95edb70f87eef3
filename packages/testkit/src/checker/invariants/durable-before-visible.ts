import { appliedAt, carrying, loggedAt, present } from '../excerpt.ts';
import type { RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import { orInsert } from '../or-insert.ts';
import { sameEvent } from '../same-event.ts';
import { evidence, firstSightings, witness } from '../sightings.ts';
import { type Findings, findings, type Violation } from '../violation.ts';
import { aboutEvent, aboutOperation, aboutPlace, named, place } from '../wording.ts';

/** A commit that does not say when it began is taken to have begun so long before it was told of, in ms. */
const LONGEST_COMMIT_MS = 2_000;

/**
 * No client sees what is not in the durable store:
 *  - whatever a device saw stands in the log, at that place;
 *  - nothing was applied, nor acknowledged, before the attempt began by which the store took it. Not before it was told:
 *    another process may read what is stored while the one that stored it stands still;
 *  - no process published an event before its own commit of it. That the commit was a success says that the event had not
 *    been stored by anyone before.
 */
export function durableBeforeVisible(observed: Observed): Violation[] {
  const found = findings('durable-before-visible', ['P6']);
  const hasLogs = [...observed.conversations.values()].some(({ log }) => log !== undefined);
  for (const sighting of firstSightings(observed)) {
    const { event, device } = sighting;
    if (!device || !hasLogs) continue;
    const conversation = observed.conversations.get(event.conversationId);
    const logged = conversation?.events[event.conversationSeq];
    if (logged && sameEvent(logged, event)) continue;
    found.add(() => ({
      sentence: `${witness(sighting)} has ${named(event)} at ${place(event)}, where the log ${logged ? `has ${named(logged)}` : 'has nothing'}`,
      subject: aboutEvent(event),
      records: present(evidence(sighting), conversation?.log && loggedAt(conversation.log, event.conversationSeq)),
    }));
  }
  applied(observed, found);
  acknowledged(observed, found);
  published(observed, found);
  return found.list();
}

function applied(observed: Observed, found: Findings): void {
  const told = new Set<object>();
  for (const { steps, key } of observed.devices.values()) {
    for (const step of steps) {
      if (step.type !== 'apply') continue;
      for (const { seq, event } of step.entries) {
        const commit = event && observed.storedBy(event);
        if (!commit || began(commit) <= step.at || told.has(commit)) continue;
        told.add(commit);
        found.add(() => ({
          sentence: `${key} applied ${named(event)} (${place(event)}) ${ms(began(commit) - step.at)} before the commit that stored it`,
          subject: aboutEvent(event),
          records: [appliedAt(step, seq), carrying(commit, event)],
        }));
      }
    }
  }
}

function acknowledged(observed: Observed, found: Findings): void {
  for (const send of observed.sends) {
    for (const ok of send.oks) {
      const commit = ok.receipt && observed.storedBy(ok.receipt);
      if (!commit || !ok.receipt || began(commit) <= ok.at) continue;
      const { receipt } = ok;
      found.add(() => ({
        sentence: `message ${send.operationId} was acknowledged to ${send.userId}/${send.deviceId} ${ms(began(commit) - ok.at)} before the commit that stored it`,
        subject: aboutOperation(send),
        records: [ok, carrying(commit, receipt)],
      }));
    }
  }
}

function published(observed: Observed, found: Findings): void {
  const frames = new Map<string, Map<string, Map<number, RecordOf<'publish'>>>>();
  for (const record of observed.records) {
    if (record.type !== 'publish' && record.type !== 'commit') continue;
    if (record.type === 'commit' && record.outcome !== 'stored') continue;
    const byConversation = orInsert(frames, record.by, () => new Map());
    for (const ref of record.events) {
      const bySeq = orInsert(byConversation, ref.conversationId, () => new Map());
      const frame = bySeq.get(ref.conversationSeq);
      if (record.type === 'publish') {
        if (!frame) bySeq.set(ref.conversationSeq, record);
      } else if (frame) addPublished(frame, record, ref, found);
    }
  }
}

type EventPlace = RecordOf<'commit'>['events'][number];

function addPublished(frame: RecordOf<'publish'>, commit: RecordOf<'commit'>, ref: EventPlace, found: Findings): void {
  found.add(() => ({
    sentence: `${frame.by} published ${place(ref)} before it had committed it`,
    subject: aboutPlace(ref),
    records: [carrying(frame, ref), carrying(commit, ref)],
  }));
}

function began(commit: RecordOf<'commit'>): number {
  return commit.startedAt ?? commit.at - LONGEST_COMMIT_MS;
}

function ms(duration: number): string {
  return `${Math.ceil(duration)} ms`;
}
