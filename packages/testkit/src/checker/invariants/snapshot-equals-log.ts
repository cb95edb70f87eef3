import { type ConversationId, type Event, kindOf, type Membership, type UserId } from '@tidemark/core';
import { loggedAt, present, shownAt } from '../excerpt.ts';
import type { DumpedConversation, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import type { ObservedDevice } from '../observed-device.ts';
import { readMarks } from '../read-marks.ts';
import { isMessage } from '../same-event.ts';
import { sameJson } from '../same-json.ts';
import { type Findings, findings, type Subject, type Violation } from '../violation.ts';
import { aboutEvent } from '../wording.ts';

/**
 * A fresh snapshot equals an old one plus the events since: every device of a user, long-lived or new, has the
 * conversations the log says the user belongs to, with the head, stay, read mark and visible events that follow from the
 * log; hence the same as every other device. A conversation the user has left may be kept or not; on no list stands the
 * conversation of a user alone before it holds a message.
 */
export function snapshotEqualsLog(observed: Observed): Violation[] {
  const found = findings('snapshot-equals-log', ['P15']);
  const marks = readMarks(observed);
  const logged = [...observed.conversations.values()].filter(({ log }) => log !== undefined);
  for (const device of observed.devices.values()) {
    const { dump } = device;
    if (!dump) continue;
    const shown = new Map(dump.conversations.map((each) => [each.conversationId, each]));
    for (const conversation of logged) {
      const expected = expectedOf(conversation, device.userId, marks.get(device.userId));
      const actual = shown.get(conversation.conversationId);
      compare(device, dump, conversation, expected, actual, found);
    }
  }
  return found.list();
}

interface Expected {
  readonly head: number;
  readonly joinedSeq: number;
  readonly readSeq: number;
  readonly events: readonly Event[];
}

/** `undefined`: not on the user's list. */
function expectedOf(
  conversation: ObservedConversation,
  userId: UserId,
  marks: ReadonlyMap<ConversationId, number> | undefined,
): Expected | undefined {
  const stay = conversation.staysOf(userId).find((each): each is Membership => each.leftSeq === null);
  const events = conversation.log?.events ?? [];
  if (!stay) return undefined;
  if (kindOf(conversation.conversationId) === 'self' && !events.some(isMessage)) {
    return undefined;
  }
  return {
    head: conversation.head,
    joinedSeq: stay.joinedSeq,
    readSeq: marks?.get(conversation.conversationId) ?? 0,
    // Read marks are folded into the rows they are about.
    events: events.filter(
      (event) => event.type !== 'read.marked' && conversation.standing(userId, event.conversationSeq) === 'inside',
    ),
  };
}

function compare(
  device: ObservedDevice,
  dump: RecordOf<'device-dump'>,
  conversation: ObservedConversation,
  expected: Expected | undefined,
  actual: DumpedConversation | undefined,
  found: Findings,
): void {
  const { conversationId, log } = conversation;
  const report = (what: string, ...seqs: readonly number[]): void =>
    add({ kind: 'conversation', conversationId }, what, seqs);
  const add = (subject: Subject, what: string, seqs: readonly number[]): void =>
    found.add(() => ({
      sentence: `${device.key}${device.fresh ? ' (fresh)' : ''}: ${conversationId} ${what}`,
      subject,
      records: present(shownAt(dump, conversationId, ...seqs), log && membershipAnd(log, seqs)),
    }));
  if (!expected) {
    const isListed = actual?.member && kindOf(conversationId) !== 'self';
    if (isListed) report('is shown as one the user belongs to, and by the log is not');
    return;
  }
  if (!actual?.member) {
    report(actual ? 'is shown as left, and by the log is not' : 'is not there');
    return;
  }
  for (const field of ['head', 'joinedSeq', 'readSeq'] as const) {
    if (actual[field] === expected[field]) continue;
    report(`has ${field} ${actual[field]}, by the log ${expected[field]}`, actual[field], expected[field]);
  }
  const differing = firstDifference(actual.events, expected.events);
  if (differing === undefined) return;
  const event = conversation.events[differing] ?? actual.events.find((each) => each.conversationSeq === differing);
  add(event ? aboutEvent(event) : { kind: 'conversation', conversationId }, `differs from the log at #${differing}`, [
    differing,
  ]);
}

/** The first place at which two lists of events are not equal. */
function firstDifference(actual: readonly Event[], expected: readonly Event[]): number | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const [a, b] = [actual[index], expected[index]];
    if (sameJson(a, b)) continue;
    return Math.min(a?.conversationSeq ?? Number.POSITIVE_INFINITY, b?.conversationSeq ?? Number.POSITIVE_INFINITY);
  }
  return undefined;
}

/** What makes members, and the events at these places. */
function membershipAnd(log: RecordOf<'log-dump'>, seqs: readonly number[]): RecordOf<'log-dump'> {
  const near = new Set(loggedAt(log, ...seqs).events);
  const isMembership = (event: Event): boolean =>
    event.type === 'conversation.created' || event.type === 'members.added' || event.type === 'members.removed';
  return { ...log, events: log.events.filter((event) => near.has(event) || isMembership(event)) };
}
