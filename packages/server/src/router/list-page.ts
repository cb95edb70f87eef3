import { type ConversationId, parseConversationId, TidemarkError } from '@tidemark/core';

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
  const [, activeAt, conversationId] = /^(\d{1,16}):(.+)$/.exec(page) ?? [];
  if (activeAt === undefined)
    throw new TidemarkError('invalid_input', 'must be the nextPage of an earlier page', { field: 'page' });
  return { activeAt: Number(activeAt), conversationId: parseConversationId(conversationId, 'page') };
}
