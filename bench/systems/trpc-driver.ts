import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Connection, Driver } from './driver.ts';
import { closeSocket, openSocket } from './raw-socket.ts';

/** What is said in tRPC's envelope, per system. */
interface Procedures {
  readonly send: string;
  readonly feed: string;
  readonly createGroup: string;
  direct(from: string, to: string): string;
}

interface FeedItem {
  readonly type: string;
  readonly entries?: readonly unknown[];
}

interface Frame {
  readonly id?: number | null;
  readonly result?: { readonly type: string; readonly data?: unknown };
  readonly error?: { readonly message: string };
}

/** tRPC's WebSocket wire, written and parsed by hand. */
export function trpcDriver(procedures: Procedures): Driver {
  const calls = new WeakMap<Connection, (path: string, input: unknown) => Promise<unknown>>();
  return {
    direct: procedures.direct,
    group: async (connection, title, memberIds) => {
      const result = await calls.get(connection)?.(procedures.createGroup, { title, memberIds });
      return (result as { conversationId: string }).conversationId;
    },
    connect: async (url, user, onText) => {
      const waiting = new Map<number, (answer: Frame) => void>();
      const prefix = `${user}-${randomBytes(4).toString('hex')}-`;
      let requests = 1;
      let live = (): void => {};
      const isLive = new Promise<void>((resolve) => {
        live = resolve;
      });
      const socket: WebSocket = await openSocket(`${url}?connectionParams=1`, (text) => {
        if (text === 'PING') return socket.send('PONG');
        if (text === 'PONG') return;
        const frame = JSON.parse(text) as Frame;
        if (frame.id === 1) {
          if (frame.error) throw new Error(`the feed of ${user} failed: ${frame.error.message}`);
          const { type, data } = frame.result ?? {};
          if (type === 'data' && onText && read((data as { data: FeedItem }).data, onText) === 'live') live();
          return;
        }
        const onAnswer = waiting.get(frame.id ?? 0);
        waiting.delete(frame.id ?? 0);
        onAnswer?.(frame);
      });
      const call = (method: string, path: string, input: unknown, onAnswer: (answer: Frame) => void): void => {
        requests += 1;
        waiting.set(requests, onAnswer);
        socket.send(JSON.stringify({ id: requests, method, params: { path, input } }));
      };
      socket.send(JSON.stringify({ method: 'connectionParams', data: { token: user } }));
      if (onText) {
        socket.send(JSON.stringify({ id: 1, method: 'subscription', params: { path: procedures.feed, input: {} } }));
        await isLive;
      }
      const connection: Connection = {
        send: (conversationId, text, onReceipt) => {
          const clientMessageId = `${prefix}${requests}`;
          const input = { conversationId, clientMessageId, type: 'text', content: { text } };
          call('mutation', procedures.send, input, ({ error }) => onReceipt(error?.message));
        },
        close: () => closeSocket(socket),
      };
      calls.set(
        connection,
        (path, input) =>
          new Promise((resolve, reject) =>
            call('mutation', path, input, ({ result, error }) =>
              error ? reject(new Error(error.message)) : resolve(result?.data),
            ),
          ),
      );
      return connection;
    },
  };
}

/** The texts of messages within an item of the feed; `live` when the server delivers from here on. */
function read({ type, entries }: FeedItem, onText: (text: string) => void): 'live' | undefined {
  for (const entry of entries ?? []) {
    const text = textIn(entry);
    if (text !== undefined) onText(text);
  }
  return type === 'live' ? 'live' : undefined;
}

/** An entry of a feed, when it is a message's. */
export function textIn(entry: unknown): string | undefined {
  const { event } = entry as { event: { type: string; message: { content: { text: string } } } | null };
  return event?.type === 'message.sent' ? event.message.content.text : undefined;
}
