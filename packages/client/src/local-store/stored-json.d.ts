import type { ConversationId, Event } from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';
import type { Draft } from './local-store.ts';
export declare function readConversation(text: unknown, conversationId?: unknown): ConversationRow;
export declare function readEvent(text: unknown, conversationId: ConversationId): Event;
/** Several events of one conversation in one value. */
export declare function readEvents(text: unknown, conversationId: ConversationId): Event[];
export declare function readDraft(text: unknown, clientMessageId?: unknown): Draft;
/** Drafts of several tabs may have the same order; their ids then decide, everywhere alike. */
export declare function byOrder(a: Draft, b: Draft): number;
/** Names the data of one user from its beginning until it is lost or erased. */
export declare function newIncarnation(): string;
