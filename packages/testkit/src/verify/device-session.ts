import { type Client, createClient, type LocalStore, type WebSocketConnection } from '@tidemark/client';
import type { ContentMap, Cursor, InboxEntry, Random } from '@tidemark/core';
import { type DeviceAdapter, untyped } from './device-adapter.ts';
import type { HistoryWriter } from './history-writer.ts';
import { headOf } from './recording-store.ts';

export type DeviceClient = Client<ContentMap, ContentMap>;

/** One stay of a device online: from the moment its application is opened until it is closed. */
export interface DeviceSession {
  readonly client: DeviceClient;
  /** As of the last transaction heard of. */
  readonly cursor: Cursor | null;
  close(): Promise<void>;
}

/** Faults are to be noticed within a run's time; an application waits longer. */
const TIMING = {
  keepAlive: { intervalMs: 4_000, pongTimeoutMs: 4_000 },
  backoff: { baseMs: 100, capMs: 2_000 },
  sendTimeoutMs: 10_000,
};

export interface SessionOptions {
  readonly userId: string;
  readonly deviceId: string;
  /** Of the servers; each attempt to connect takes the next one. */
  readonly urls: readonly string[];
  readonly adapter: DeviceAdapter;
  readonly store: LocalStore;
  readonly history: HistoryWriter;
  readonly random: Random;
}

/** Opens the device's client on its store, and writes what the client tells into the history. */
export function openSession(options: SessionOptions): DeviceSession {
  const { userId, adapter, store, history, random, urls } = options;
  const head = headOf(options);
  let next = Math.floor(random() * urls.length);
  const { connection, trpc }: { connection: WebSocketConnection; trpc: Parameters<typeof untyped>[0] } =
    adapter.connect(userId, {
      url: () => urls[next++ % urls.length] as string,
      keepAlive: TIMING.keepAlive,
      backoff: TIMING.backoff,
      random,
    });
  // Ids of drafts and commands come from the platform's own source: a device that starts again must not repeat them.
  const client: DeviceClient = createClient({
    trpc: untyped(trpc),
    userId,
    contentTypes: [adapter.message('').type],
    connection,
    store,
    backoff: TIMING.backoff,
    sendTimeoutMs: TIMING.sendTimeoutMs,
    pageSize: 500,
  });

  let cursor: Cursor | null = null;
  let entries: InboxEntry<ContentMap>[] = [];
  client.on('entry', (entry) => entries.push(entry as InboxEntry<ContentMap>));
  client.on('applied', (applied) => {
    cursor = applied.cursor;
    history.write({ ...head, type: 'apply', entries, cursor });
    entries = [];
  });
  client.on('reset', (reset) => {
    cursor = reset.cursor;
    history.write({ ...head, type: 'reset', reason: reset.reason, cursor });
  });
  client.on('live', (live) => {
    cursor = live.cursor;
    history.write({ ...head, type: 'live', cursor });
  });
  client.on('gap', ({ after, upTo }) => history.write({ ...head, type: 'gap', after, upTo }));
  // Also for drafts of an earlier life of this device.
  client.on('sent', (receipt) => history.write({ ...head, type: 'ok', operationId: receipt.clientMessageId, receipt }));
  client.on('failed', ({ clientMessageId, error }) =>
    history.write({ ...head, type: 'fail', operationId: clientMessageId, code: error.code, detail: error.detail }),
  );
  client.start();
  return {
    client,
    get cursor() {
      return cursor;
    },
    close: async () => {
      await client.close();
      await connection.close();
    },
  };
}
