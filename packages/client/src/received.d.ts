import { type Content, type ContentMap, type Event, type Message, type MessageSent, type UnknownContent } from '@tidemark/core';
type MessageHead = Omit<Message, 'type' | 'content'>;
/**
 * A stored message as the application gets it: narrow on `type`. `unknown` stands for a kind this build of the
 * application does not know, because the sender's server is newer: show a placeholder.
 */
export type ReceivedMessage<C> = MessageHead & (Content<C> | UnknownContent);
type EventHead = Omit<MessageSent, 'type' | 'message'>;
/** An event as the application gets it; see {@link ReceivedMessage}. */
export type ReceivedEvent<C> = Exclude<Event<C>, {
    type: 'message.sent';
}> | (EventHead & {
    readonly type: 'message.sent';
    readonly message: Content<C> | UnknownContent;
});
/** Turns stored messages and events into what the application gets. Kinds not in `contentTypes` become `unknown`. */
export interface Reader {
    message(message: Message): ReceivedMessage<ContentMap>;
    messageOf(event: MessageSent): ReceivedMessage<ContentMap>;
    event(event: Event): ReceivedEvent<ContentMap>;
}
export declare function createReader(contentTypes: Iterable<string>): Reader;
export {};
