import type { Content, ContentMap } from '../content.ts';
import type { CommandId } from '../ids.ts';
import type { EditedContent, Quote, Revoked } from '../message.ts';
import { definitionOf, EVENT_TYPES, type Event } from './events.ts';
import type { EventHead } from './heads.ts';

/** The types of event that are messages: what can be replied to. */
export const MESSAGE_TYPES = /* @__PURE__ */ EVENT_TYPES.filter((type) => definitionOf({ type }).message);

/** What a message says now: as it was sent or, with a version, as it was edited; or by whom it was revoked. */
export type Said = Content<ContentMap> | EditedContent | Revoked;

/** What an event says if it is a message. */
export function saidIn(event: Event): Said | undefined {
  const message = definitionOf(event).message?.(event);
  return message && (message.revoked ?? { type: message.type, content: message.content });
}

/** @param said null: it is larger than quotes are */
export function quoteOf({ conversationSeq, actorId, commandId, at }: EventHead, said: Said | null): Quote {
  const head = { conversationSeq, senderId: actorId, clientMessageId: commandId as CommandId, at };
  if (said && 'by' in said) return { ...head, message: null, revoked: said };
  if (!said || !('version' in said)) return { ...head, message: said };
  const { message, version, at: editedAt } = said;
  return { ...head, message, edited: { version, at: editedAt } };
}
