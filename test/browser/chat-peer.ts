import { type ClientOf, type Connection, createClient, createConnection } from '@tidemark/client';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import { WebSocket } from 'ws';
import type { AppRouter } from '../../examples/chat-web/server/app-router.ts';

type Trpc = TRPCClient<AppRouter>;

/** Somebody who calls the server of the chat without a browser, and follows nothing. */
export interface ChatCaller extends AsyncDisposable {
  readonly id: string;
  readonly trpc: Trpc;
  readonly connection: Connection;
}

/** Somebody who chats without a browser: the real client, in the process of the test. */
export interface ChatPeer extends ChatCaller {
  readonly chat: ClientOf<Trpc['chat']>;
  /** Texts of all messages that came in through the feed, also one's own, in their order. */
  readonly heard: readonly string[];
  /** Resolves when the server has stored it. */
  say(conversationId: string, text: string): Promise<{ readonly conversationSeq: number }>;
}

/** A server that is killed is back in a moment. */
const BACKOFF = { baseMs: 50, capMs: 500 };

export async function connectCaller(url: string, name: string): Promise<ChatCaller> {
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  const { id, token } = (await answer.json()) as { id: string; token: string };
  const connection = createConnection({
    url: `${url.replace('http', 'ws')}/trpc`,
    WebSocket,
    token: async () => token,
    backoff: BACKOFF,
  });
  return {
    id,
    trpc: createTRPCClient<AppRouter>({ links: [connection.link] }),
    connection,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

export async function connectPeer(url: string, name: string): Promise<ChatPeer> {
  const caller = await connectCaller(url, name);
  const { id, trpc, connection } = caller;
  const chat = createClient({
    trpc: trpc.chat,
    connection,
    userId: id,
    contentTypes: ['text', 'order'],
    backoff: BACKOFF,
  });
  const heard: string[] = [];
  chat.on('message', (message) => {
    if (message.type === 'text') heard.push(message.content.text);
  });
  const live = new Promise<void>((resolve) => chat.on('live', () => resolve()));
  chat.start();
  await live;
  return {
    ...caller,
    chat,
    heard,
    say: (conversationId, text) => chat.conversation(conversationId).send({ type: 'text', content: { text } }).receipt,
    [Symbol.asyncDispose]: async () => {
      await chat.close();
      await connection.close();
    },
  };
}
