import { type ClientOf, createClient, createConnection, type WebSocketConnection } from '@tidemark/client';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { createChatHooks } from '@tidemark/client/react';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import { createContext, useContext } from 'react';
import type { AppRouter } from '../../server/app-router.ts';
import { createDrafts, type Drafts } from '../composer/drafts.ts';
import { createNames, type Names } from '../people/names.ts';
import { createStoreNews, type StoreNews } from '../shell/store-news.ts';
import { type Account, accountOf, forgetAccount, signIn, tokenOf } from './account.ts';

type Trpc = TRPCClient<AppRouter>;
type Chat = ClientOf<Trpc['chat']>;

/** One signed-in user in this window: the client and what hangs on it. */
export interface Session {
  readonly account: Account;
  readonly trpc: Trpc;
  readonly chat: Chat;
  readonly connection: WebSocketConnection;
  readonly names: Names;
  readonly drafts: Drafts;
  readonly storeNews: StoreNews;
  /** Leaves nothing of the user on this device. */
  signOut(): Promise<void>;
}

export const { ChatProvider, useChat, useConversations, useConversation, useMessages, useUnread, useConnection } =
  createChatHooks<Chat>();

const InSession = createContext<Session | null>(null);
export const SessionProvider = InSession.Provider;

export function useSession(): Session {
  const session = useContext(InSession);
  if (!session) throw new Error('nobody is signed in here');
  return session;
}

/** Signs the user in unless they are already, and starts the client. */
export async function openSession(userId: string): Promise<Session> {
  const account = accountOf(userId) ?? (await signIn(userId));
  const connection = createConnection({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/trpc`,
    token: (why) => tokenOf(account.id, why),
    fallback: { url: `${location.origin}/trpc` },
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const chat = createClient({
    trpc: trpc.chat,
    connection,
    userId: account.id,
    contentTypes: ['text', 'order'],
    store: indexedDbLocalStore(),
  });
  const names = createNames(account, () => trpc.people.query());
  chat.on('live', names.refresh);
  const storeNews = createStoreNews();
  chat.on('store', ({ problem }) => storeNews.tell(problem));
  chat.start();
  return {
    account,
    trpc,
    chat,
    connection,
    names,
    drafts: createDrafts(account.id),
    storeNews,
    signOut: async () => {
      await chat.erase();
      await connection.close();
      forgetAccount(account.id);
    },
  };
}
