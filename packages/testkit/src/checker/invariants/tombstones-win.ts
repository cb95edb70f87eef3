import { carriedBy, type Event, erasedBy } from '@tidemark/core';
import { loggedAt, present, shownAt } from '../excerpt.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutEvent, aboutOperation } from '../wording.ts';

/**
 * Tombstones win: where a message was revoked, the log and every device, long-lived or new, hold nothing of what it said, in it nor in its
 * edits, and show it as revoked; nothing is said of it later; and what was acknowledged as revoked is.
 */
export function tombstonesWin(observed: Observed): Violation[] {
  const found = findings('tombstones-win', ['P14']);
  for (const conversation of observed.conversations.values()) {
    const { log, conversationId } = conversation;
    const revoked = revokedIn(conversation);
    if (!log || revoked.size === 0) continue;
    const report = (event: Event, who: string, what: string, record?: ReturnType<typeof shownAt>): void =>
      found.add(() => ({
        sentence: `${who}: #${event.conversationSeq} of ${conversationId} ${what}`,
        subject: aboutEvent(event),
        records: present(record, loggedAt(log, event.conversationSeq, ...revoked.values())),
      }));
    for (const event of log.events) {
      if (saysAnyOf(event, revoked)) report(event, 'the log', 'holds what was revoked');
      const by = 'targetSeq' in event ? revoked.get(event.targetSeq) : undefined;
      if (by !== undefined && event.conversationSeq > by)
        report(event, 'the log', 'says something of what was revoked before');
    }
    for (const { dump, key, fresh } of observed.devices.values()) {
      const shown = dump?.conversations.find((each) => each.conversationId === conversationId);
      if (!dump || !shown?.member) continue;
      const who = `${key}${fresh ? ' (fresh)' : ''}`;
      const tombstones = new Set(shown.revoked);
      for (const event of shown.events) {
        const { conversationSeq } = event;
        const record = shownAt(dump, conversationId, conversationSeq);
        if (saysAnyOf(event, revoked)) report(event, who, 'is held with what was revoked', record);
        else if (revoked.has(conversationSeq) !== tombstones.has(conversationSeq)) {
          report(
            event,
            who,
            revoked.has(conversationSeq) ? 'is shown without a tombstone' : 'is shown as revoked',
            record,
          );
        }
      }
    }
  }
  acknowledged(observed, found.add);
  return found.list();
}

/** The place of each message that was revoked, and of the event that did so. */
function revokedIn({ log }: ObservedConversation): ReadonlyMap<number, number> {
  return new Map(
    (log?.events ?? []).flatMap((event) =>
      erasedBy(event).map(({ conversationSeq }) => [conversationSeq, event.conversationSeq] as const),
    ),
  );
}

function saysAnyOf(event: Event, revoked: ReadonlyMap<number, number>): boolean {
  const carried = carriedBy(event);
  return carried !== undefined && revoked.has(carried.conversationSeq);
}

function acknowledged(observed: Observed, add: ReturnType<typeof findings>['add']): void {
  for (const operation of observed.operations.values()) {
    const { operation: asked, oks, invokes } = operation;
    const [ok] = oks;
    if (asked.kind !== 'revoke' || !ok) continue;
    // A store that was restored may have lost it.
    if (observed.restores.some(({ copiedAt }) => copiedAt <= ok.at)) continue;
    const log = observed.conversations.get(asked.conversationId)?.log;
    const message = log?.events.find(({ commandId }) => commandId === asked.target);
    if (!log || message?.type !== 'message.sent') continue;
    add(() => ({
      sentence: `revoke ${operation.operationId} of ${operation.userId} was acknowledged, but ${asked.target} stands in the log`,
      subject: aboutOperation(operation),
      records: present(invokes[0], ok, loggedAt(log, message.conversationSeq)),
    }));
  }
}
