import type { ConversationId, Event } from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';
import type { Draft, LocalChanges } from './local-store.ts';
import { LocalStoreError } from './local-store-error.ts';

/*
 * Values as the stores keep them: JSON text. It escapes NUL and lone surrogates, so they survive in storages whose text is
 * UTF-8. Reading checks that a value is what its key says: anything else is corrupt.
 */

export function readConversation(text: unknown, conversationId?: unknown): ConversationRow {
  return checkConversation(parse(text), conversationId);
}

function checkConversation(value: object, conversationId?: unknown): ConversationRow {
  const row = value as ConversationRow;
  return checked(row, typeof row.head === 'number' && isId(row.conversationId, conversationId), 'a conversation');
}

export function readEvent(text: unknown, conversationId: ConversationId): Event {
  return checkEvent(parse(text), conversationId);
}

function checkEvent(value: object, conversationId?: unknown): Event {
  const event = value as Event;
  const isTyped = typeof event.conversationSeq === 'number' && typeof event.type === 'string';
  return checked(event, isTyped && isId(event.conversationId, conversationId), 'an event');
}

/** Several events of one conversation in one value. */
export function readEvents(text: unknown, conversationId: ConversationId): Event[] {
  const events = parse(text) as Event[];
  checked(events, Array.isArray(events), 'events');
  for (const event of events) checkEvent(event, conversationId);
  return events;
}

export function readDraft(text: unknown, clientMessageId?: unknown): Draft {
  return checkDraft(parse(text), clientMessageId);
}

/** As another page says that they are in the store: throws before anything of them is used. */
export function checkChanges(changes: LocalChanges): LocalChanges {
  for (const row of changes.conversations ?? []) checkConversation(row);
  for (const event of changes.events ?? []) checkEvent(event);
  for (const draft of changes.putDrafts ?? []) checkDraft(draft);
  return changes;
}

export function isReadableDraft(text: unknown, clientMessageId: unknown): boolean {
  try {
    return Boolean(readDraft(text, clientMessageId));
  } catch {
    return false;
  }
}

export function checkDraft(value: object, clientMessageId?: unknown): Draft {
  const draft = value as Draft;
  const isWhole = typeof draft.order === 'number' && typeof draft.message === 'object';
  return checked(draft, isWhole && isId(draft.clientMessageId, clientMessageId), 'a draft');
}

function checked<T>(value: T, isThat: boolean, what: string): T {
  if (isThat) return value;
  throw corrupt(what);
}

/** Whether `id` is one, and that of the key under which it was found. */
function isId(id: unknown, key: unknown = id): boolean {
  return typeof id === 'string' && id === key;
}

/** Drafts of several tabs may have the same order; their ids then decide, everywhere alike. */
export function byOrder(a: Draft, b: Draft): number {
  return a.order - b.order || (a.clientMessageId < b.clientMessageId ? -1 : 1);
}

/** Names the data of one user from its beginning until it is lost or erased. */
export function newIncarnation(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

function parse(text: unknown): object {
  try {
    const value: unknown = JSON.parse(text as string);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw corrupt('a value', { cause });
  }
  throw corrupt('a value');
}

function corrupt(what: string, options?: { readonly cause?: unknown }): LocalStoreError {
  return new LocalStoreError('corrupt', `${what} in the local store cannot be read`, options);
}
