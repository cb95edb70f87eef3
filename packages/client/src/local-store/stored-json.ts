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
  const row = value as Partial<ConversationRow>;
  const id = conversationId ?? row.conversationId;
  if (typeof id !== 'string' || row.conversationId !== id || typeof row.head !== 'number')
    throw corrupt('a conversation');
  return row as ConversationRow;
}

export function readEvent(text: unknown, conversationId: ConversationId): Event {
  return checkEvent(parse(text), conversationId);
}

function checkEvent(value: object, conversationId: ConversationId): Event {
  const event = value as Partial<Event>;
  const isThere = event.conversationId === conversationId && typeof event.conversationSeq === 'number';
  if (!isThere || typeof event.type !== 'string') throw corrupt('an event');
  return event as Event;
}

/** Several events of one conversation in one value. */
export function readEvents(text: unknown, conversationId: ConversationId): Event[] {
  const events = parse(text);
  if (!Array.isArray(events)) throw corrupt('events');
  for (const event of events) checkEvent(event, conversationId);
  return events as Event[];
}

export function readDraft(text: unknown, clientMessageId?: unknown): Draft {
  return checkDraft(parse(text), clientMessageId);
}

/** As another page says that they are in the store: throws before anything of them is used. */
export function checkChanges(changes: LocalChanges): LocalChanges {
  for (const row of changes.conversations ?? []) checkConversation(row);
  for (const event of changes.events ?? []) checkEvent(event, event.conversationId);
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
  const draft = value as Partial<Draft>;
  const id = clientMessageId ?? draft.clientMessageId;
  const isThatDraft = typeof id === 'string' && draft.clientMessageId === id && typeof draft.order === 'number';
  if (!isThatDraft || typeof draft.message !== 'object') throw corrupt('a draft');
  return draft as Draft;
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
