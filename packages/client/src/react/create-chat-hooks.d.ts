import type { ContentMap, JsonValue } from '@tidemark/core';
import { type ReactElement, type ReactNode } from 'react';
import type { Client, ConversationHandle } from '../client.ts';
import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import type { ConversationItem } from '../views/conversations-view.ts';
import type { MessagesSnapshot, MessagesView } from '../views/messages-view.ts';
import type { View } from '../views/view.ts';
/**
 * What screens of one client use. Each hook renders again only when what it returns changed. On a server, and while the
 * server's markup is taken over, all of them give the state of a client that has loaded nothing.
 */
export interface ChatHooks<CIn, COut, S extends JsonValue = never> {
    /** Puts the client in reach of the hooks. Starting and closing it stay the application's, or `useChatClient`'s. */
    ChatProvider(props: {
        readonly client: Client<CIn, COut, S>;
        readonly children?: ReactNode;
    }): ReactElement;
    /** The client of the nearest `ChatProvider`; throws without one. */
    useChat(): Client<CIn, COut, S>;
    /** Newest activity first; lines that did not change are the same objects, so rows can be memoised on them. */
    useConversations(): readonly ConversationItem<COut>[];
    /** What can be done in a conversation, and as `item` its line of the list: `null` while nothing is known of it. */
    useConversation(conversationId: string): Conversation<CIn, COut, S>;
    /**
     * A window of a conversation's messages, and the functions that move it: the same ones on every render. With `suspense`
     * the nearest `<Suspense>` shows its fallback until the first page is here, or could not be loaded (`loaded` is false then).
     */
    useMessages(conversationId: string, options?: {
        readonly suspense?: boolean;
    }): Messages<CIn, COut>;
    /** Unread messages over all conversations. */
    useUnread(): number;
    useConnection(): ClientConnectionState;
}
/** A conversation's handle with its line of the list as a value. */
export type Conversation<CIn, COut, S extends JsonValue = never> = Omit<ConversationHandle<CIn, COut, S>, 'item'> & {
    readonly item: ConversationItem<COut> | null;
};
/** A window of a conversation's messages, and what moves it. */
export type Messages<CIn, COut> = MessagesSnapshot<CIn, COut> & Pick<MessagesView<CIn, COut>, 'loadOlder' | 'loadNewer' | 'loadAround' | 'loadNewest'>;
/** A client of any kinds. */
export type AnyClient = Pick<Client<ContentMap, ContentMap>, 'userId' | 'unread' | 'connection'> & {
    readonly conversations: View<readonly {
        readonly unread: number;
    }[]>;
    conversation(conversationId: string): {
        readonly messages: View<{
            readonly hasOlder: boolean;
        }>;
    };
};
/** The hooks of a client: `HooksOf<typeof chat>`. */
export type HooksOf<C extends AnyClient> = C extends Client<infer CIn, infer COut, infer S> ? ChatHooks<CIn, COut, S> : never;
/** The hooks, typed to the content kinds of `C`: call it once, beside the client, as `createChatHooks<typeof chat>()`. */
export declare function createChatHooks<C extends AnyClient>(): HooksOf<C>;
