import { type ConversationId, project, type UserId } from '@tidemark/core';
import type { Observed } from './observed.ts';

/** How far each user has read, by the logs: user → conversation → conversationSeq. */
export function readMarks(observed: Observed): ReadonlyMap<UserId, ReadonlyMap<ConversationId, number>> {
  const marks = new Map<UserId, Map<ConversationId, number>>();
  for (const { log } of observed.conversations.values()) {
    for (const { userId, conversationId, readSeq } of project(log?.events ?? []).readMarks) {
      const ofUser = marks.get(userId) ?? new Map<ConversationId, number>();
      marks.set(userId, ofUser.set(conversationId, Math.max(readSeq, ofUser.get(conversationId) ?? 0)));
    }
  }
  return marks;
}
