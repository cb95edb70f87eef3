import {
  type Cursor,
  type Event,
  type InboxEntry,
  type MessageSent,
  parseCursor,
  type ResetReason,
} from '@tidemark/core';
import type { z } from 'zod';
import { type connectStock, type content, eventually } from './app.ts';

/** Content as the application of app.ts stores it. */
type Stored = { [Kind in keyof typeof content]: z.output<(typeof content)[Kind]> };

export type StockClient = ReturnType<typeof connectStock>;

/** What the feed of one device brought, in the order in which it came. The stock client resumes it by itself. */
export class DeliveryRecord {
  readonly user: string;
  readonly entries: InboxEntry<Stored>[] = [];
  readonly resets: ResetReason[] = [];
  /** Times the feed said that it had caught up. */
  live = 0;
  /** Errors that ended the feed: a stock client does not open it again. */
  readonly failures: unknown[] = [];
  readonly #messages = new Map<string, MessageSent<Stored>[]>();

  constructor(user: string) {
    this.user = user;
  }

  /** How often a message came, by its clientMessageId. */
  times(clientMessageId: string): number {
    return this.#messages.get(clientMessageId)?.length ?? 0;
  }

  /** The events of one conversation, in the order in which they came. */
  of(conversationId: string): Event<Stored>[] {
    return this.entries.flatMap(({ event }) => (event?.conversationId === conversationId ? [event] : []));
  }

  add(entries: readonly InboxEntry<Stored>[]): void {
    for (const entry of entries) {
      this.entries.push(entry);
      if (entry.event?.type !== 'message.sent') continue;
      const commandId = entry.event.commandId as string;
      this.#messages.set(commandId, [...(this.#messages.get(commandId) ?? []), entry.event]);
    }
  }
}

/** Follows the feed of the client's user from `cursor`, or from now, and resolves when it is live. */
export async function follow(client: StockClient, user: string, cursor?: Cursor): Promise<DeliveryRecord> {
  const record = new DeliveryRecord(user);
  client.trpc.chat.inbox.feed.subscribe(
    { cursor },
    {
      onData: ({ data }) => {
        if (data.type === 'entries') record.add(data.entries);
        else if (data.type === 'live') record.live += 1;
        else record.resets.push(data.reason);
      },
      onError: (error) => record.failures.push(error),
    },
  );
  await eventually(`the feed of ${user} is live`, () => record.live > 0);
  return record;
}

/** The cursor of a device that has seen nothing of an inbox yet, and knows the store. */
export async function beginning(client: StockClient): Promise<Cursor> {
  const { cursor } = await client.trpc.chat.inbox.head.query();
  return `${parseCursor(cursor).epoch}:0` as Cursor;
}
