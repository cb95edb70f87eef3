import {
  type Content,
  type ContentMap,
  type Event,
  type Message,
  type MessageEdited,
  type MessageSent,
  UNKNOWN_CONTENT,
  type UnknownContent,
} from '@tidemark/core';
import { type KeptEvent, type MessageEvent, type MessageReaction, messageNow } from './sync/registers.ts';

type MessageHead = Omit<Message, 'type' | 'content'>;

/**
 * A stored message as the application gets it: narrow on `type`. `unknown` stands for a kind this build of the
 * application does not know, because the sender's server is newer: show a placeholder; and for what was `revoked`: a tombstone.
 */
export type ReceivedMessage<C> = MessageHead & (Content<C> | UnknownContent);

/** An event as the application gets it; see {@link ReceivedMessage}. */
export type ReceivedEvent<C> =
  | Exclude<Event<C>, { message: unknown }>
  | Received<MessageSent, C>
  | Received<MessageEdited, C>;

type Received<E, C> = Omit<E, 'message'> & { readonly message: Content<C> | UnknownContent };

/** A message of a conversation, with the reactions to it. */
export type ReactedReceivedMessage<C> = ReceivedMessage<C> & { readonly reactions: readonly MessageReaction[] };

/** Turns stored messages and events into what the application gets. Kinds not in `contentTypes` become `unknown`. */
export interface Reader {
  message(message: Message): ReceivedMessage<ContentMap>;
  /** As it is now. */
  messageOf(event: KeptEvent<MessageEvent>): ReactedReceivedMessage<ContentMap>;
  event(event: Event): ReceivedEvent<ContentMap>;
  content(content: Content<ContentMap>): Content<ContentMap> | UnknownContent;
}

export function createReader(contentTypes: Iterable<string>): Reader {
  const known = new Set(contentTypes);
  function read(content: Content<ContentMap>): Content<ContentMap> | UnknownContent {
    if (known.has(content.type) || content.type === UNKNOWN_CONTENT) return content;
    return { type: UNKNOWN_CONTENT, content: { type: content.type, content: content.content } };
  }
  function message<M extends Message>(stored: M): Omit<M, 'type' | 'content'> & ReturnType<typeof read> {
    return { ...stored, ...read(stored) };
  }
  return {
    message,
    messageOf: (event) => message(messageNow(event)),
    content: read,
    event: (event) => ('message' in event ? { ...event, message: read(event.message) } : event),
  };
}
