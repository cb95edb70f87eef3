import { type ClientOf, createClient, createConnection } from '@tidemark/client';
import { createChatHooks, useChatClient } from '@tidemark/client/react';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import type { AppRouter } from './server.ts';

export type Chat = ClientOf<TRPCClient<AppRouter>['chat']>;

export const { ChatProvider, useConversations, useConversation, useMessages, useUnread, useConnection, useChat } =
  createChatHooks<Chat>();

export function useAlice(): Chat {
  return useChatClient(() => {
    const connection = createConnection({ url: 'wss://example.com/trpc', token: () => 'alice' });
    const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
    const client: Chat = createClient({
      trpc: trpc.chat,
      connection,
      userId: 'alice',
      contentTypes: ['text', 'order'],
    });
    return { client, connection };
  }, []);
}

export const order = (chat: Chat, note: string | undefined) =>
  chat.direct('bob').send({ type: 'order', content: { orderId: 'A-17', note } });
