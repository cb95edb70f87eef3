import { createClient, createConnection } from '@tidemark/client';
import { httpFallback } from '@tidemark/client/http';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { WebSocket } from 'ws';
import type { AppRouter } from '../support/app.ts';

/** What a message is called by, as its receipt has it. */
interface Sent {
  readonly conversationId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
}

export type Device = ReturnType<typeof openDevice>;

/**
 * A device of a user of app.ts, of whichever release this is built with.
 *
 * @param port asked before each attempt to connect
 * @param road `http`: no socket opens for it
 */
export function openDevice(port: () => number, user: string, road: 'websocket' | 'http' = 'websocket') {
  const backoff = { baseMs: 10, capMs: 200 };
  const isOverHttp = road === 'http';
  const headers = (token: string) => ({ authorization: token });
  const connection = createConnection({
    url: () => `ws://127.0.0.1:${port()}/${isOverHttp ? 'blocked' : 'trpc'}`,
    WebSocket,
    transformer: superjson,
    token: () => `token-${user}`,
    backoff,
    ...(isOverHttp && { fallback: httpFallback({ url: `http://127.0.0.1:${port()}/trpc`, headers, after: 1 }) }),
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const kinds = { contentTypes: ['text', 'order'] } as const;
  const client = createClient({ trpc: trpc.chat, userId: user, connection, warnings: false, backoff, ...kinds });
  const seqs: number[] = [];
  const heads = new Map<string, number>();
  client.on('entry', ({ seq, event }) => {
    seqs.push(seq);
    if (event) heads.set(event.conversationId, event.conversationSeq);
  });
  client.start();
  return {
    client,
    connection,
    /** Of the entries that came, in the order in which they came. */
    seqs,
    /** The newest conversationSeq that came of each conversation. */
    heads,
    state: () => client.connection.getSnapshot(),
    send: (conversationId: string, text: string) =>
      client.conversation(conversationId).send({ type: 'text', content: { text } }).receipt,
    edit: (sent: Sent, text: string) =>
      client.conversation(sent.conversationId).edit(sent, { type: 'text', content: { text } }).stored,
    react: (sent: Sent, key: string) => client.conversation(sent.conversationId).react(sent, key).stored,
    revoke: (sent: Sent) => client.conversation(sent.conversationId).revoke(sent).stored,
    /** What the messages of a conversation say here, the oldest first; `revoked`, and its reactions behind it. */
    async textsOf(conversationId: string): Promise<string[]> {
      const { messages } = client.conversation(conversationId);
      const release = messages.subscribe(() => undefined);
      do await messages.loadOlder();
      while (messages.getSnapshot().hasOlder);
      const texts = messages.getSnapshot().items.map(({ content, revoked, reactions }) => {
        const text = revoked ? 'revoked' : 'text' in content ? String(content.text) : '';
        return [text, ...reactions.map(({ key, count }) => `${key}${count}`)].join(' ');
      });
      release();
      return texts;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await connection.close();
    },
  };
}
