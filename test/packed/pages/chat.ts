import { type ClientOf, createClient, createConnection } from '@tidemark/client';
import { createChatHooks } from '@tidemark/client/react';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import type { AppRouter } from './server.ts';

export type Chat = ClientOf<TRPCClient<AppRouter>['chat']>;

export const { ChatProvider, useConversations, useConversation, useMessages, useUnread, useConnection, useChat } =
  createChatHooks<Chat>();

export const connection = createConnection({ url: 'wss://example.com/trpc' });
export const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
export const chat: Chat = createClient({
  trpc: trpc.chat,
  connection,
  userId: 'alice',
  contentTypes: ['text', 'order', 'image'],
});
