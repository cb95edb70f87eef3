import { type ClientOf } from '@tidemark/client';
import { type TRPCClient } from '@trpc/client';
import type { AppRouter } from './server.ts';
export type Chat = ClientOf<TRPCClient<AppRouter>['chat']>;
export declare const ChatProvider: (props: {
    readonly client: import('@tidemark/client').Client<
      {
        order: {
          orderId: string;
          note?: string | undefined;
        };
        text: {
          text: string;
        };
      },
      {
        order: {
          orderId: string;
          note?: string | undefined;
        };
        text: {
          text: string;
        };
      },
      never
    >;
    readonly children?: import('react').ReactNode;
  }) => import('react').ReactElement,
  useConversations: () => readonly import('@tidemark/client').ConversationItem<{
    order: {
      orderId: string;
      note?: string | undefined;
    };
    text: {
      text: string;
    };
  }>[],
  useConversation: (conversationId: string) => import('@tidemark/client/react').Conversation<
    {
      order: {
        orderId: string;
        note?: string | undefined;
      };
      text: {
        text: string;
      };
    },
    {
      order: {
        orderId: string;
        note?: string | undefined;
      };
      text: {
        text: string;
      };
    },
    never
  >,
  useMessages: (
    conversationId: string,
    options?: {
      readonly suspense?: boolean;
    },
  ) => import('@tidemark/client/react').Messages<
    {
      order: {
        orderId: string;
        note?: string | undefined;
      };
      text: {
        text: string;
      };
    },
    {
      order: {
        orderId: string;
        note?: string | undefined;
      };
      text: {
        text: string;
      };
    }
  >,
  useUnread: () => number,
  useConnection: () => import('@tidemark/client').ClientConnectionState,
  useChat: () => import('@tidemark/client').Client<
    {
      order: {
        orderId: string;
        note?: string | undefined;
      };
      text: {
        text: string;
      };
    },
    {
      order: {
        orderId: string;
        note?: string | undefined;
      };
      text: {
        text: string;
      };
    },
    never
  >;
export declare function useAlice(): Chat;
export declare const order: (chat: Chat, note: string | undefined) => import('@tidemark/client').SendHandle;
