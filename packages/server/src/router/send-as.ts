import type { Content } from '@tidemark/core';

/** A message that the application sends in the name of `as`, who is a member of the conversation. */
export type SendAs<In> = { as: string; conversationId: string; clientMessageId?: string | undefined } & Content<In>;
