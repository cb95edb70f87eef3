import { createClient, createConnection, memoryLocalStore } from '@tidemark/client';
import { nextMention } from '@tidemark/client/mentions';
import type { ConversationId } from '@tidemark/core';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { WebSocket } from 'ws';
import { type App, type AppRouter, eventually } from './app.ts';

/** A device of bob's, which shows one conversation: what it holds stays over its restarts. */
export function lastingDevice(conversationId: ConversationId) {
  const store = memoryLocalStore();
  return {
    /** Starts it, and resolves when it is live. */
    async start(app: App) {
      const connection = createConnection({
        url: app.wsUrl,
        WebSocket,
        token: () => 'token-bob',
        transformer: superjson,
      });
      const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
      const client = createClient({
        trpc: trpc.chat,
        userId: 'bob',
        connection,
        store,
        warnings: false,
        contentTypes: ['text', 'order'],
      });
      const resets: string[] = [];
      client.on('reset', ({ reason }) => resets.push(reason));
      client.start();
      await eventually('the device is live', () => client.connection.getSnapshot().state === 'live');
      return {
        resets,
        /** Texts of the conversation, oldest first, once all that are there are shown. */
        async texts(count: number): Promise<string[]> {
          const { messages } = client.conversation(conversationId);
          const stop = messages.subscribe(() => {});
          const shown = () => messages.getSnapshot().items.map((item) => JSON.stringify(item));
          await eventually(`${count} messages are shown`, async () => {
            if (shown().length < count) await messages.loadOlder();
            return shown().length >= count;
          });
          stop();
          return shown().map((text) => /"text":"([^"]*)"/.exec(text)?.[1] ?? text);
        },
        /** What its list says of the conversation. */
        unread: () => {
          const { unread, unreadMentions } = client.conversation(conversationId).item.getSnapshot() ?? {};
          return [unread, unreadMentions];
        },
        nextMention: (after?: number) => nextMention(client.conversation(conversationId), after),
        async close() {
          await client.close();
          await connection.close();
        },
      };
    },
  };
}
