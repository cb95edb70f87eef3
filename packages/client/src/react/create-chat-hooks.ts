import type { ContentMap, JsonValue } from '@tidemark/core';
import type { AnyTRPCRouter } from '@trpc/server';
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import type { Client, ClientOf, ConversationHandle } from '../client.ts';
import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import type { MessagingName, MessagingOf } from '../messaging-trpc.ts';
import type { ConversationItem } from '../views/conversations-view.ts';
import type { MessagesSnapshot, MessagesView } from '../views/messages-view.ts';
import type { View } from '../views/view.ts';

/**
 * What screens of one client use. Each hook renders again only when what it returns changed. On a server, and while the
 * server's markup is taken over, all of them give the state of a client that has loaded nothing.
 */
export interface ChatHooks<CIn, COut, S extends JsonValue = never> {
  /** Puts the client in reach of the hooks. Starting and closing it stay the application's, or `useChatClient`'s. */
  ChatProvider(props: { readonly client: Client<CIn, COut, S>; readonly children?: ReactNode }): ReactElement;
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
  useMessages(conversationId: string, options?: { readonly suspense?: boolean }): Messages<CIn, COut>;
  /** Unread messages over all conversations. */
  useUnread(): number;
  useConnection(): ClientConnectionState;
}

/** A conversation's handle with its line of the list as a value. */
export type Conversation<CIn, COut, S extends JsonValue = never> = Omit<ConversationHandle<CIn, COut, S>, 'item'> & {
  readonly item: ConversationItem<COut> | null;
};

/** A window of a conversation's messages, and what moves it. */
export type Messages<CIn, COut> = MessagesSnapshot<CIn, COut> &
  Pick<MessagesView<CIn, COut>, 'loadOlder' | 'loadNewer' | 'loadAround' | 'loadNewest'>;

/** A client of any kinds. */
export type AnyClient = Pick<Client<ContentMap, ContentMap>, 'userId' | 'unread' | 'connection'> & {
  readonly conversations: View<readonly { readonly unread: number }[]>;
  conversation(conversationId: string): { readonly messages: View<{ readonly hasOlder: boolean }> };
};

/** The hooks of a client: `HooksOf<typeof chat>`. */
export type HooksOf<C extends AnyClient> =
  C extends Client<infer CIn, infer COut, infer S> ? ChatHooks<CIn, COut, S> : never;

const NONE: readonly never[] = [];
const STOPPED: ClientConnectionState = { state: 'stopped' };
const NOTHING_LOADED: MessagesSnapshot<ContentMap, ContentMap> = {
  items: [],
  hasOlder: true,
  hasNewer: false,
  loading: false,
  loaded: false,
  gap: null,
};

/**
 * The hooks, typed to the content kinds of the messaging that the router has under `Name`: call it once, in a file of its own,
 * as `createChatHooks<AppRouter, 'chat'>()`. `S`: the source of an attachment, if the client has `attachments`.
 */
export function createChatHooks<
  Router extends AnyTRPCRouter,
  Name extends MessagingName<Router>,
  S extends JsonValue = never,
>(): HooksOf<ClientOf<MessagingOf<Router, Name>, S>>;
/** The same, typed to the content kinds of a client: `createChatHooks<typeof chat>()`. */
export function createChatHooks<C extends AnyClient>(): HooksOf<C>;
/** Inside, content is any JSON object; the kinds exist for the application only, and this is the border. */
export function createChatHooks(): unknown {
  return createUntypedHooks();
}

function createUntypedHooks(): ChatHooks<ContentMap, ContentMap> {
  const Chat = createContext<Client<ContentMap, ContentMap> | null>(null);

  function useChat(): Client<ContentMap, ContentMap> {
    const client = useContext(Chat);
    if (!client) throw new Error('no client in reach: wrap this in the <ChatProvider client={…}> of the same hooks');
    return client;
  }

  return {
    ChatProvider: ({ client, children }) => createElement(Chat.Provider, { value: client }, children),
    useChat,
    useConversations: () => useView(useChat().conversations, NONE),
    useConversation: (conversationId) => {
      const handle = useChat().conversation(conversationId);
      const item = useView(handle.item, null);
      return useMemo(() => ({ ...handle, item }), [handle, item]);
    },
    useMessages: (conversationId, { suspense = false } = {}) => {
      const { messages } = useChat().conversation(conversationId);
      const snapshot = useView(messages, NOTHING_LOADED);
      if (suspense && snapshot !== NOTHING_LOADED) suspendUntilLoaded(messages, snapshot.loaded);
      return useMemo(() => {
        const { loadOlder, loadNewer, loadAround, loadNewest } = messages;
        return { ...snapshot, loadOlder, loadNewer, loadAround, loadNewest };
      }, [messages, snapshot]);
    },
    useUnread: () => useView(useChat().unread, 0),
    useConnection: () => useView(useChat().connection, STOPPED),
  };
}

/** First pages that somebody waits for; `over` when it came or could not be loaded. */
const firstPages = new WeakMap<object, { over: boolean; readonly page: Promise<void> }>();

function suspendUntilLoaded(messages: MessagesView<ContentMap, ContentMap>, isLoaded: boolean): void {
  if (isLoaded) {
    firstPages.delete(messages);
    return;
  }
  let first = firstPages.get(messages);
  if (!first) {
    const end = (): void => {
      begun.over = true;
    };
    const begun = { over: false, page: messages.loadNewest().then(end, end) };
    first = begun;
    firstPages.set(messages, begun);
  }
  // How React, also before its `use`, is told what a component waits for.
  if (!first.over) throw first.page;
}

/** `onServer`: what it is before anything was loaded. */
function useView<T>(view: View<T>, onServer: T): T {
  return useSyncExternalStore(view.subscribe, view.getSnapshot, () => onServer);
}
