import { type ClientEvents, createClient, createConnection } from '@tidemark/client';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from '../../examples/chat-web/server/app-router.ts';

/** Runs in a page: the client without an application on it, for what an application is told and need not show. */
export interface BareClient {
  /** What the client said of its local store, in order: `store evicted`, `reset new`, `erased by another-tab`. */
  readonly told: readonly string[];
  /** Texts of the conversation as its view has them. */
  texts(): string[];
  /** Hands in a message; resolves when it is kept as a draft. */
  keep(text: string): Promise<void>;
}

/** Signs in at the server that served the page, and looks at one conversation. */
export async function startBareClient(
  name: string,
  conversationId: string,
  onOtherUser: 'keep' | 'erase' = 'keep',
): Promise<BareClient> {
  const answer = await fetch('/sign-in', { method: 'POST', body: JSON.stringify({ name }) });
  const { id, token } = (await answer.json()) as { id: string; token: string };
  const connection = createConnection({ url: `ws://${location.host}/trpc`, token: async () => token });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const chat = createClient({
    trpc: trpc.chat,
    connection,
    userId: id,
    contentTypes: ['text', 'order'],
    store: indexedDbLocalStore(),
    onOtherUser,
  });
  const told: string[] = [];
  chat.on('store', ({ problem }: ClientEvents['store']) => told.push(`store ${problem}`));
  chat.on('reset', ({ reason }: ClientEvents['reset']) => told.push(`reset ${reason}`));
  chat.on('erased', ({ by }: ClientEvents['erased']) => told.push(`erased by ${by}`));
  const live = new Promise<void>((resolve) => chat.on('live', () => resolve()));
  chat.start();
  await live;
  const { messages } = chat.conversation(conversationId);
  messages.subscribe(() => undefined);
  return {
    told,
    keep: (text) =>
      new Promise((resolve) => {
        chat.on('queued', () => resolve());
        chat.conversation(conversationId).send({ type: 'text', content: { text } });
      }),
    texts: () => messages.getSnapshot().items.flatMap((item) => (item.type === 'text' ? [item.content.text] : [])),
  };
}
