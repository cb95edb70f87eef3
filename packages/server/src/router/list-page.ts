import {
  type ConversationId,
  type ConversationSeq,
  parseConversationId,
  parseUserId,
  TidemarkError,
  type UserId,
} from '@tidemark/core';

/** Where a page of the conversation list ends; opaque to clients. */
interface Place {
  readonly activeAt: number;
  readonly conversationId: ConversationId;
}

export function encodePage({ activeAt, conversationId }: Place): string {
  return `${activeAt}:${conversationId}`;
}

/** Throws `invalid_input` for what {@link encodePage} did not make. */
export function decodePage(page: string): Place {
  const [activeAt, conversationId] = partsOf(page);
  return { activeAt, conversationId: parseConversationId(conversationId, 'page') };
}

/** Where a page of a group's members ends; opaque to clients. */
interface MemberPlace {
  readonly joinedSeq: ConversationSeq;
  readonly userId: UserId;
}

export function encodeMemberPage({ joinedSeq, userId }: MemberPlace): string {
  return `${joinedSeq}:${userId}`;
}

/** Throws `invalid_input` for what {@link encodeMemberPage} did not make. */
export function decodeMemberPage(page: string): MemberPlace {
  const [joinedSeq, userId] = partsOf(page);
  return { joinedSeq: joinedSeq as ConversationSeq, userId: parseUserId(userId, 'page') };
}

/** The order of members: as they joined. */
export function byJoining(a: MemberPlace, b: MemberPlace): number {
  return a.joinedSeq - b.joinedSeq || (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0);
}

function partsOf(page: string): [place: number, id: string] {
  const [, place, id] = /^(\d{1,16}):(.+)$/.exec(page) ?? [];
  if (place === undefined || id === undefined) {
    throw new TidemarkError('invalid_input', 'must be the nextPage of an earlier page', { field: 'page' });
  }
  return [Number(place), id];
}
