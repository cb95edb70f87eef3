import {
  type Content,
  type ContentMap,
  type Event,
  type Message,
  type MessageSent,
  messageOf,
  UNKNOWN_CONTENT,
  type UnknownContent,
} from '@tidemark/core';

type MessageHead = Omit<Message, 'type' | 'content'>;

/**
 * A stored message as the application gets it: narrow on `type`. `unknown` stands for a kind this build of the
 * application does not know, because the sender's server is newer: show a placeholder.
 */
export type ReceivedMessage<C> = MessageHead & (Content<C> | UnknownContent);

type EventHead = Omit<MessageSent, 'type' | 'message'>;

/** An event as the application gets it; see {@link ReceivedMessage}. */
export type ReceivedEvent<C> =
  | Exclude<Event<C>, { type: 'message.sent' }>
  | (EventHead & { readonly type: 'message.sent'; readonly message: Content<C> | UnknownContent });

/** Turns stored messages and events into what the application gets. Kinds not in `contentTypes` become `unknown`. */
export interface Reader {
  message(message: Message): ReceivedMessage<ContentMap>;
  messageOf(event: MessageSent): ReceivedMessage<ContentMap>;
  event(event: Event): ReceivedEvent<ContentMap>;
}

export function createReader(contentTypes: Iterable<string>): Reader {
  const known = new Set(contentTypes);
  function read(content: Content<ContentMap>): Content<ContentMap> | UnknownContent {
    if (known.has(content.type)) return content;
    return { type: UNKNOWN_CONTENT, content: { type: content.type, content: content.content } };
  }
  function message(stored: Message): ReceivedMessage<ContentMap> {
    return { ...stored, ...read({ type: stored.type, content: stored.content }) };
  }
  return {
    message,
    messageOf: (event) => message(messageOf(event)),
    event: (event) => (event.type === 'message.sent' ? { ...event, message: read(event.message) } : event),
  };
}
