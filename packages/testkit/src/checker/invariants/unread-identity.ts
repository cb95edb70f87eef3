import { type ConversationId, counts, DEFAULT_LIMITS, type UserId } from '@tidemark/core';
import { present } from '../excerpt.ts';
import type { DumpedConversation, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import { readMarks } from '../read-marks.ts';
import { findings, type Violation } from '../violation.ts';

/**
 * Unread is an identity: the messages above the user's read mark, since they joined, that others sent. Every device shows
 * what the log gives; where there is no log, every device of a user shows the same. From where servers stop counting, all
 * numbers are one: "that many or more".
 */
export function unreadIdentity(observed: Observed): Violation[] {
  const found = findings('unread-identity', ['P13']);
  const marks = readMarks(observed);
  const firsts = new Map<string, { shown: DumpedConversation; dump: RecordOf<'device-dump'> }>();
  for (const { dump, key, userId } of observed.devices.values()) {
    for (const shown of dump?.conversations ?? []) {
      if (!dump || !shown.member) continue;
      const { conversationId } = shown;
      const conversation = observed.conversations.get(conversationId);
      const subject = { kind: 'conversation', conversationId } as const;
      if (!conversation?.log) {
        const first = firsts.get(`${userId} ${conversationId}`);
        if (!first) firsts.set(`${userId} ${conversationId}`, { shown, dump });
        else if (counted(first.shown.unread) !== counted(shown.unread)) {
          found.add(() => ({
            sentence: `${key} shows ${shown.unread} unread in ${conversationId}, and ${first.dump.userId}/${first.dump.deviceId} ${first.shown.unread}`,
            subject,
            records: [only(first.dump, conversationId), only(dump, conversationId)],
          }));
        }
        continue;
      }
      const unread = unreadOf(conversation, userId, marks.get(userId)?.get(conversationId) ?? 0);
      if (unread === undefined || counted(unread) === counted(shown.unread)) continue;
      found.add(() => ({
        sentence: `${key} shows ${shown.unread} unread in ${conversationId}, where the log gives ${unread} to ${userId}`,
        subject,
        records: present(only(dump, conversationId), conversation.log),
      }));
    }
  }
  return found.list();
}

function counted(unread: number): number {
  return Math.min(unread, DEFAULT_LIMITS.unread);
}

/** `undefined`: the user does not belong to it. */
function unreadOf(conversation: ObservedConversation, userId: UserId, readSeq: number): number | undefined {
  const stay = conversation.staysOf(userId).find((each) => each.leftSeq === null);
  if (!stay) return undefined;
  let unread = 0;
  for (const event of conversation.events)
    if (event && counts(event, userId, { joinedSeq: stay.joinedSeq, readSeq })) unread += 1;
  return unread;
}

function only(dump: RecordOf<'device-dump'>, conversationId: ConversationId): RecordOf<'device-dump'> {
  const conversations = dump.conversations
    .filter((each) => each.conversationId === conversationId)
    .map((each) => ({ ...each, events: [] }));
  return { ...dump, conversations, drafts: [] };
}
