import {
  type ConversationId,
  counts,
  countsAsMention,
  DEFAULT_LIMITS,
  type MessageEdited,
  type UserId,
} from '@tidemark/core';
import { present } from '../excerpt.ts';
import type { DumpedConversation, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import { readMarks } from '../read-marks.ts';
import { type Findings, findings, type Violation } from '../violation.ts';

/**
 * Unread is an identity: the messages above the user's read mark, since they joined, that others sent. Every device shows
 * what the log gives; where there is no log, every device of a user shows the same. From where servers stop counting, all
 * numbers are one: "that many or more".
 */
export function unreadIdentity(observed: Observed): Violation[] {
  return differing(observed, findings('unread-identity', ['P13']), {
    what: 'unread',
    shown: ({ unread }) => unread,
    given: unreadOf,
  });
}

/** The same for those of them that mention the user: by what each message says now, edits and revokes included. */
export function oneNumber(observed: Observed): Violation[] {
  return differing(observed, findings('one-number', ['P16']), {
    what: 'unread mentions',
    shown: ({ unreadMentions }) => unreadMentions,
    given: unreadMentionsOf,
  });
}

/** A number that each device shows of a conversation. */
interface Count {
  readonly what: string;
  /** Undefined: the history is older than the number. */
  readonly shown: (conversation: DumpedConversation) => number | undefined;
  /** What the log gives; undefined: the user does not belong to it. */
  readonly given: (conversation: ObservedConversation, userId: UserId, readSeq: number) => number | undefined;
}

function differing(observed: Observed, found: Findings, { what, shown: numberOf, given }: Count): Violation[] {
  const marks = readMarks(observed);
  const firsts = new Map<string, { number: number; dump: RecordOf<'device-dump'> }>();
  for (const { dump, key, userId } of observed.devices.values()) {
    for (const shown of dump?.conversations ?? []) {
      const number = numberOf(shown);
      if (!dump || !shown.member || number === undefined) continue;
      const { conversationId } = shown;
      const conversation = observed.conversations.get(conversationId);
      const subject = { kind: 'conversation', conversationId } as const;
      if (!conversation?.log) {
        const first = firsts.get(`${userId} ${conversationId}`);
        if (!first) firsts.set(`${userId} ${conversationId}`, { number, dump });
        else if (counted(first.number) !== counted(number)) {
          found.add(() => ({
            sentence: `${key} shows ${number} ${what} in ${conversationId}, and ${first.dump.userId}/${first.dump.deviceId} ${first.number}`,
            subject,
            records: [only(first.dump, conversationId), only(dump, conversationId)],
          }));
        }
        continue;
      }
      const expected = given(conversation, userId, marks.get(userId)?.get(conversationId) ?? 0);
      if (expected === undefined || counted(expected) === counted(number)) continue;
      found.add(() => ({
        sentence: `${key} shows ${number} ${what} in ${conversationId}, where the log gives ${expected} to ${userId}`,
        subject,
        records: present(only(dump, conversationId), conversation.log),
      }));
    }
  }
  return found.list();
}

function counted(number: number): number {
  return Math.min(number, DEFAULT_LIMITS.unread);
}

function unreadOf(conversation: ObservedConversation, userId: UserId, readSeq: number): number | undefined {
  const joinedSeq = joinedSeqOf(conversation, userId);
  if (joinedSeq === undefined) return undefined;
  return conversation.events.filter((event) => event && counts(event, userId, { joinedSeq, readSeq })).length;
}

function unreadMentionsOf(conversation: ObservedConversation, userId: UserId, readSeq: number): number | undefined {
  const joinedSeq = joinedSeqOf(conversation, userId);
  if (joinedSeq === undefined) return undefined;
  const edits = new Map<number, MessageEdited>();
  for (const event of conversation.events) if (event?.type === 'message.edited') edits.set(event.targetSeq, event);
  const mentions = conversation.events.filter((event) => {
    const content = event && edits.get(event.conversationSeq);
    return event && countsAsMention(event, userId, { joinedSeq, readSeq }, { content });
  });
  return mentions.length;
}

function joinedSeqOf(conversation: ObservedConversation, userId: UserId): number | undefined {
  return conversation.staysOf(userId).find((each) => each.leftSeq === null)?.joinedSeq;
}

function only(dump: RecordOf<'device-dump'>, conversationId: ConversationId): RecordOf<'device-dump'> {
  const conversations = dump.conversations
    .filter((each) => each.conversationId === conversationId)
    .map((each) => ({ ...each, events: [] }));
  return { ...dump, conversations, drafts: [] };
}
