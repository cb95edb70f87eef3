import type { ConversationId, Event, Receipt, UserId } from '@tidemark/core';
import { inboxAt, loggedAt, present } from '../excerpt.ts';
import type { RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedOperation } from '../observed-operation.ts';
import { orInsert } from '../or-insert.ts';
import { isMessage } from '../same-event.ts';
import { type Findings, findings, type Violation } from '../violation.ts';
import { aboutOperation, place } from '../wording.ts';

/**
 * A receipt means stored: the message stands in the log, at the place its receipt says, and in the inbox of everyone who
 * belonged to the conversation there. The same of what else was acknowledged: a created conversation has a log, added
 * members have a stay, and a stay that had begun before its end was asked for has one. An inbox entry is excused when retention may have removed it,
 * or when it was acknowledged before the inbox store became another one (of another epoch).
 */
export function acknowledgedStored(observed: Observed): Violation[] {
  const found = findings('acknowledged-stored', ['P2']);
  const applied = appliedSeqs(observed);
  for (const operation of observed.operations.values()) {
    for (const ok of operation.oks) {
      if (ok.receipt) sent(observed, operation, ok, ok.receipt, applied, found);
      else if (operation.operation.kind !== 'send') changed(observed, operation, ok, found);
    }
  }
  return found.list();
}

function sent(
  observed: Observed,
  operation: ObservedOperation,
  ok: RecordOf<'ok'>,
  receipt: Receipt,
  applied: AppliedSeqs,
  found: Findings,
): void {
  const conversation = observed.conversations.get(receipt.conversationId);
  const log = conversation?.log;
  const event = conversation?.events[receipt.conversationSeq];
  const message = `message ${operation.operationId} of ${operation.userId}, acknowledged at ${place(receipt)},`;
  if (!event || event.commandId !== receipt.clientMessageId || event.actorId !== receipt.senderId) {
    found.add(() => ({
      sentence: `${message} is not there in the log`,
      subject: aboutOperation(operation),
      records: present(ok, log && loggedAt(log, receipt.conversationSeq)),
    }));
    return;
  }
  for (const userId of conversation?.recipients(receipt.conversationSeq) ?? []) {
    const inbox = observed.inboxes.get(userId);
    if (!inbox || inbox.seqOf(receipt) !== undefined || mayBeRemoved(observed, inbox.dump, operation, event, applied))
      continue;
    found.add(() => ({
      sentence: `${message} is not in the inbox of ${userId}`,
      subject: aboutOperation(operation),
      records: present(ok, log && loggedAt(log, receipt.conversationSeq), inboxAt(inbox.dump, inbox.dump.head)),
    }));
  }
}

/** Retention may have removed the entry: it was applied at a seq up to the floor, or it is old enough. */
function mayBeRemoved(
  observed: Observed,
  dump: RecordOf<'inbox-dump'>,
  { invokes, oks }: ObservedOperation,
  event: Event,
  applied: AppliedSeqs,
): boolean {
  const [askedAt, toldAt] = [invokes[0]?.at ?? 0, oks[0]?.at ?? 0];
  if (toldAt < applied.epochSince(dump.epoch)) return true;
  if (dump.floor === 0) return false;
  if (dump.at - askedAt > (observed.run?.retentionMs ?? Number.POSITIVE_INFINITY)) return true;
  const seq = applied.of(dump.userId).get(event.conversationId)?.[event.conversationSeq];
  return seq !== undefined && seq <= dump.floor;
}

interface AppliedSeqs {
  /** Of a user: conversation → conversationSeq → the seq it was applied at. */
  of(userId: UserId): ReadonlyMap<ConversationId, readonly (number | undefined)[]>;
  /** When the first device was in this epoch, if any was ever in another; else the beginning of time. */
  epochSince(epoch: string): number;
}

function appliedSeqs(observed: Observed): AppliedSeqs {
  const byUser = new Map<UserId, Map<ConversationId, number[]>>();
  const epochSince = (epoch: string): number => {
    const devices = [...observed.devices.values()];
    const isOther = devices.some(({ walked }) => walked.some(({ says }) => says && says.epoch !== epoch));
    if (!isOther) return Number.NEGATIVE_INFINITY;
    let since = Number.POSITIVE_INFINITY;
    for (const { walked } of devices) {
      const first = walked.find(({ says }) => says?.epoch === epoch);
      if (first) since = Math.min(since, first.step.at);
    }
    return since;
  };
  const epochs = new Map<string, number>();
  const of = (userId: UserId) => {
    const known = byUser.get(userId);
    if (known) return known;
    const seqs = new Map<ConversationId, number[]>();
    byUser.set(userId, seqs);
    for (const step of observed.devicesOf(userId).flatMap((device) => device.steps)) {
      if (step.type !== 'apply') continue;
      for (const { seq, event } of step.entries) {
        if (!event) continue;
        const ofConversation = orInsert(seqs, event.conversationId, () => []);
        ofConversation[event.conversationSeq] = seq;
      }
    }
    return seqs;
  };
  return { of, epochSince: (epoch) => orInsert(epochs, epoch, () => epochSince(epoch)) };
}

function changed(observed: Observed, acknowledged: ObservedOperation, ok: RecordOf<'ok'>, found: Findings): void {
  const { operation, operationId, userId } = acknowledged;
  const add = (what: string, conversationId: ConversationId): void =>
    found.add(() => {
      const { log } = observed.conversations.get(conversationId) ?? {};
      const changes = log && { ...log, events: log.events.filter((event) => !isMessage(event)) };
      return {
        sentence: `${operation.kind} ${operationId} of ${userId} was acknowledged, but ${what}`,
        subject: { kind: 'conversation', conversationId },
        records: present(acknowledged.invokes[0], ok, changes),
      };
    });
  if (operation.kind === 'create') {
    const id = ok.conversationId;
    if (id && !observed.conversations.get(id)?.events[1]) add(`${id} has no log`, id);
    return;
  }
  if (operation.kind === 'edit') {
    const { conversationId: id, target } = operation;
    const { log } = observed.conversations.get(id) ?? {};
    const isStored = log?.events.some(
      ({ type, commandId }) => (type === 'message.edited' || type === 'edit.erased') && commandId === operationId,
    );
    if (!isStored) add(`the edit of ${target} is not in the log of ${id}`, id);
    return;
  }
  if (operation.kind !== 'add' && operation.kind !== 'remove' && operation.kind !== 'leave') return;
  const { conversationId } = operation;
  const conversation = observed.conversations.get(conversationId);
  if (!conversation?.log) {
    add(`${conversationId} has no log`, conversationId);
    return;
  }
  const members: readonly UserId[] = operation.kind === 'leave' ? [userId] : operation.memberIds;
  for (const member of members) {
    const stays = conversation.staysOf(member);
    if (operation.kind === 'add' && stays.length === 0) add(`${member} never joined`, conversationId);
    if (operation.kind === 'add') continue;
    // Whoever joined later was no member then, and removing them changed nothing.
    const askedAt = acknowledged.invokes[0]?.at ?? 0;
    const isUnmoved = stays.some(({ joinedSeq, leftSeq }) => {
      const joined = observed.storedBy({ conversationId, conversationSeq: joinedSeq });
      return leftSeq === null && joined !== undefined && joined.at < askedAt;
    });
    if (isUnmoved) add(`${member} never left`, conversationId);
  }
}
