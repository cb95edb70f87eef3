import { type ConnectedClientOf, type ContentIn, type ContentOut, connect } from '@tidemark/client';
import { attachmentUpload } from '@tidemark/client/attachments';
import { httpFallback } from '@tidemark/client/http';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { createChatHooks } from '@tidemark/client/react';
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { AppRouter } from '../../server/app-router.ts';
import { createDrafts, type Drafts } from '../composer/drafts.ts';
import { createFiles, type Files, type Source, type Uploaded, withUploaded } from '../files/files.ts';
import { createNames, type Names } from '../people/names.ts';
import { createStoreNews, type StoreNews } from '../shell/store-news.ts';
import { type Account, accountOf, endSession, forgetAccount, signIn, tokenOf } from './account.ts';

type Trpc = TRPCClient<AppRouter>;
type Chat = ConnectedClientOf<Trpc['chat'], Source>;
/** Kind → shape: as one may send it, and as messages of it come from the server. */
export type KindsIn = ContentIn<Trpc['chat']>;
export type Kinds = ContentOut<Trpc['chat']>;

/** One signed-in user in this window: the client and what hangs on it. */
export interface Session {
  readonly account: Account;
  /** For the application's own calls. Over HTTP: the socket is that of the tab that leads, and this may be another. */
  readonly api: Trpc;
  readonly chat: Chat;
  readonly names: Names;
  readonly drafts: Drafts;
  readonly files: Files;
  readonly storeNews: StoreNews;
  /** Whether another tab has signed this user out: nothing of them is here any more, and nothing may be written again. */
  readonly isSignedOutElsewhere: () => boolean;
  /**
   * Ends the session on the server, then leaves nothing of the user on this device. Rejects, and leaves all as it is, when the
   * server does not answer; `onlyHere` does without it.
   */
  signOut(options?: { readonly onlyHere?: boolean }): Promise<void>;
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

export function useIsSignedOutElsewhere({ chat, isSignedOutElsewhere }: Session): boolean {
  return useSyncExternalStore((listener) => chat.on('erased', listener), isSignedOutElsewhere);
}

/** Signs the user in unless they are already, and connects. */
export async function openSession(userId: string): Promise<Session> {
  const account = accountOf(userId) ?? (await signIn(userId));
  const files = createFiles(account.id, () => accountOf(account.id)?.token ?? '');
  const chat = connect<AppRouter, 'chat', Source, Uploaded>({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/trpc`,
    token: (why) => tokenOf(account, why),
    fallback: httpFallback({ url: `${location.origin}/trpc` }),
    router: 'chat',
    userId: account.id,
    contentTypes: ['text', 'image', 'file', 'order'],
    attachments: {
      upload: attachmentUpload(files.upload),
      complete: (message, [uploaded]) => {
        if (!uploaded || (message.type !== 'image' && message.type !== 'file')) return message;
        files.forget(uploaded.source);
        return { ...message, content: withUploaded(message.content, uploaded) };
      },
    },
    store: indexedDbLocalStore(),
  });
  const api = createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${location.origin}/trpc`,
        headers: () => ({ authorization: `Bearer ${accountOf(account.id)?.token ?? ''}` }),
      }),
    ],
  });
  const names = createNames(account, () => api.people.query());
  chat.on('live', () => {
    // Without an answer the names of before stand; the next connection asks again.
    names.refresh().catch(() => undefined);
  });
  const storeNews = createStoreNews();
  chat.on('store', ({ problem }) => storeNews.tell(problem));
  const drafts = createDrafts(account.id);
  let isSignedOutElsewhere = false;
  chat.on('erased', ({ by }) => {
    drafts.close();
    names.close();
    void files.erase();
    forgetAccount(account.id);
    isSignedOutElsewhere = by === 'another-tab';
  });
  return {
    account,
    api,
    chat,
    names,
    drafts,
    files,
    storeNews,
    isSignedOutElsewhere: () => isSignedOutElsewhere,
    signOut: async ({ onlyHere = false } = {}) => {
      if (!onlyHere) await endSession(account);
      await chat.erase();
    },
  };
}
