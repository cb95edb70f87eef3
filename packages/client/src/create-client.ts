/**
 * The table of contents of the client, in the order of the flow: connection → local store → sync → outbox → views. The
 * only file that knows all of them.
 */
import {
  type Clock,
  type ContentMap,
  type ConversationId,
  createIdSource,
  DEFAULT_LIMITS,
  directConversationId,
  parseCommandId,
  parseConversationId,
  parseUserId,
  type Random,
  systemClock,
  TidemarkError,
} from '@tidemark/core';
import { toTidemarkError } from './call-outcome.ts';
import type { Client, ConversationHandle } from './client.ts';
import { type ClientEvents, createClientEmitter } from './client-events.ts';
import type { Connection } from './connection/connection.ts';
import { createLocalReplica } from './local-store/local-replica.ts';
import type { LocalChanges, LocalStore } from './local-store/local-store.ts';
import { memoryLocalStore } from './local-store/memory-local-store.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut, MessagingTrpc } from './messaging-trpc.ts';
import { createReader } from './received.ts';
import { createCommandCalls } from './send/command-calls.ts';
import { createOutbox, type Outbox } from './send/outbox.ts';
import { createReadMarks } from './send/read-marks.ts';
import { createKeyedTasks } from './sync/keyed-tasks.ts';
import { fetchHistory, loadHistory } from './sync/load-history.ts';
import { refreshConversation } from './sync/refresh-conversation.ts';
import { createSync } from './sync/sync.ts';
import { DEFAULT_SYNC_BOUNDS } from './sync/sync-state.ts';
import { createConnectionView } from './views/connection-view.ts';
import { createConversationHandles, type Usage } from './views/conversation-handles.ts';
import { createConversationsView } from './views/conversations-view.ts';
import { createMessagesView, type LiveMessagesView } from './views/messages-view.ts';

export interface ClientOptions<T extends AnyMessagingTrpc> {
  /** The messaging part of the application's tRPC client, e.g. `trpc.chat`. */
  readonly trpc: T;
  /** The signed-in user, the same that the server's `userId` gives for this connection. */
  readonly userId: string;
  /** The kinds this build knows how to show; others arrive as `unknown`. */
  readonly contentTypes: readonly (keyof ContentOut<T> & string)[];
  /** From `createConnection`, when the link is its. Without it the client judges by its feed. */
  readonly connection?: Connection;
  /** Default: memory, which keeps everything until the process ends. */
  readonly store?: LocalStore;
  /** Waits between attempts, doubling from `base` to `cap`, jittered, in ms. Default: 300 to 30,000. */
  readonly backoff?: { readonly base: number; readonly cap: number };
  /** Conversations that send at the same time. Default 8. */
  readonly parallelSends?: number;
  /** Without an answer for so long, a send is tried again under the same id, in ms. Default 30,000. */
  readonly sendTimeoutMs?: number;
  /** Messages that `loadOlder` loads at once. Default 50; at most the server's page limit. */
  readonly pageSize?: number;
  /** Entries of the feed that may wait for the local store; more are pulled later. Default 2,000. */
  readonly queueLimit?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Pages that a messages view keeps in memory. */
const WINDOW_PAGES = 10;

export function createClient<T extends AnyMessagingTrpc>(
  options: ClientOptions<T>,
): Client<ContentIn<T>, ContentOut<T>> {
  // Inside, content is any JSON object; the kinds exist for the application only, and this is the border.
  return createUntypedClient(options as unknown as ClientOptions<MessagingTrpc>) as unknown as Client<
    ContentIn<T>,
    ContentOut<T>
  >;
}

function createUntypedClient(options: ClientOptions<MessagingTrpc>): Client<ContentMap, ContentMap> {
  const { trpc, connection, clock = systemClock, random = Math.random } = options;
  const userId = parseUserId(options.userId);
  const timing = { clock, random, ...(options.backoff ?? { base: 300, cap: 30_000 }) };
  const pageSize = wholeNumber('pageSize', options.pageSize ?? 50, DEFAULT_LIMITS.page);
  const parallel = wholeNumber('parallelSends', options.parallelSends ?? 8, 1_000);
  const timeoutMs = wholeNumber('sendTimeoutMs', options.sendTimeoutMs ?? 30_000, 86_400_000);
  const queue = wholeNumber('queueLimit', options.queueLimit ?? DEFAULT_SYNC_BOUNDS.queue, 1_000_000);
  const bounds = { queue, batch: Math.min(DEFAULT_SYNC_BOUNDS.batch, queue) };

  const closed = new AbortController();
  const closing = closed.signal;
  const events = createClientEmitter();
  const reader = createReader(options.contentTypes);
  // The platform's cryptographic source unless a seeded one was handed in.
  const ids = createIdSource(options.random);
  const callCommand = createCommandCalls(ids, timing, closing);
  let started = false;

  // ── Local store ──────────────────────────────────────────────────────────────────────────────────────────────────
  const replica = createLocalReplica(options.store ?? memoryLocalStore(), userId, timing, events, closing);
  const handles = createConversationHandles(makeHandle);
  // First of the listeners: rows are in the views before the outbox drops their drafts, so nothing flickers.
  replica.onCommit((changes) => {
    for (const view of viewsOf(changes)) view.merge(changes);
  });

  function* viewsOf({ replace, conversations = [], events: changed = [] }: LocalChanges): Iterable<LiveMessagesView> {
    if (replace) return yield* handles.all();
    for (const conversationId of new Set([...conversations, ...changed].map((each) => each.conversationId))) {
      const view = handles.messagesOf(conversationId);
      if (view) yield view;
    }
  }

  // ── Sync ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const refreshes = createKeyedTasks<ConversationId>(
    { what: 'refresh', limit: 8, timing, events, closing },
    (conversationId) => refreshConversation(conversationId, trpc, replica, userId, closing),
  );
  const sync = createSync({
    trpc,
    userId,
    replica,
    events,
    reader,
    timing,
    bounds,
    connection,
    closing,
    onStatus: noticeConnection,
    draftsStoredAtReset: () => outbox.storedAtReset(),
  });
  replica.onLost(sync.restart);
  const readMarks = createReadMarks({ trpc, userId, replica, events, timing, closing, onTaken: refreshes.add });

  // ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const outbox: Outbox = createOutbox({
    trpc,
    userId,
    replica,
    events,
    ids,
    timing,
    connection,
    attachments: undefined,
    parallel,
    timeoutMs,
    severalTabs: false,
    closing,
    onChange: (conversationId) => handles.messagesOf(conversationId)?.change(),
    onSent: () => undefined,
    onProgress: () => undefined,
  });
  outbox.lead(closing, replica);

  // ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const conversations = createConversationsView(userId, reader);
  const connectionView = createConnectionView(() => started && !closing.aborted, sync.status, connection);
  let shown = connectionView.getSnapshot();
  replica.onCommit((changes) => {
    for (const view of viewsOf(changes)) view.change();
    conversations.update(changes);
    for (const row of changes.conversations ?? []) if (row.stale) refreshes.add(row.conversationId);
  });

  /** Whether calls have a chance. Without a connection to ask, the feed stands for it, and is believed until it fails. */
  function isOnline(): boolean {
    if (!started || closing.aborted) return false;
    if (connection) return connection.getSnapshot().state === 'open';
    return sync.status().state !== 'waiting';
  }

  let wasOnline = false;
  function noticeConnection(): void {
    connectionView.change();
    const now = connectionView.getSnapshot();
    if (now !== shown) {
      shown = now;
      events.emit('connection', now);
    }
    const online = isOnline();
    if (online === wasOnline) return;
    wasOnline = online;
    outbox.online(online);
    if (!online) return;
    sync.wake();
    refreshes.wake();
    readMarks.wake();
    for (const view of handles.all()) view.wake();
  }

  const unsubscribeConnection = connection?.subscribe(noticeConnection);

  async function run(): Promise<void> {
    await outbox.start();
    conversations.reset(replica.rows.values());
    for (const view of handles.all()) view.change();
    for (const row of replica.rows.values()) if (row.stale) refreshes.add(row.conversationId);
    readMarks.resume();
    sync.start(replica.initial.cursor);
  }

  function makeHandle(conversationId: ConversationId, usage: Usage) {
    const messages = createMessagesView({
      ...usage,
      conversationId,
      userId,
      reader,
      row: () => replica.rows.get(conversationId),
      drafts: () => outbox.entriesOf(conversationId),
      events: replica.events,
      ready: replica.open,
      fetchOlder: () => loadHistory(conversationId, trpc, replica, userId, pageSize, closing),
      fetchPage: (query) => fetchHistory(query, trpc, closing),
      pageSize,
      windowSize: pageSize * WINDOW_PAGES,
    });
    const handle: ConversationHandle<ContentMap, ContentMap> = {
      conversationId,
      item: conversations.itemView(conversationId),
      messages,
      send: (message, { clientMessageId } = {}) => {
        const { id, receipt } = outbox.send(conversationId, message, { clientMessageId });
        return { clientMessageId: id, receipt };
      },
      markRead: (readSeq) => readMarks.mark(conversationId, readSeq),
      members: async () => {
        try {
          return (await trpc.conversations.members.query({ conversationId }, { signal: closing })).members;
        } catch (error) {
          throw toTidemarkError(error);
        }
      },
      addMembers: (memberIds) =>
        callCommand((commandId, signal) =>
          trpc.conversations.addMembers.mutate({ conversationId, memberIds: [...memberIds], commandId }, { signal }),
        ),
      removeMembers: (memberIds) =>
        callCommand((commandId, signal) =>
          trpc.conversations.removeMembers.mutate({ conversationId, memberIds: [...memberIds], commandId }, { signal }),
        ),
      leave: () =>
        callCommand((commandId, signal) => trpc.conversations.leave.mutate({ conversationId, commandId }, { signal })),
    };
    return { handle, messages };
  }

  function conversation(id: string): ConversationHandle<ContentMap, ContentMap> {
    return handles.get(parseConversationId(id));
  }

  async function close(): Promise<void> {
    if (!closing.aborted) {
      closed.abort();
      unsubscribeConnection?.();
      outbox.close(
        new TidemarkError('outcome_unknown', 'the client was closed; the draft is kept and sent at the next start'),
      );
      noticeConnection();
    }
    await replica.close();
  }

  return {
    userId,
    start: () => {
      if (closing.aborted) throw new TidemarkError('closing', 'the client was closed; create another one');
      if (started) return;
      started = true;
      connection?.open();
      noticeConnection();
      run().catch((error: unknown) => {
        if (!closing.aborted) throw error;
      });
    },
    close,
    erase: async () => {
      await close();
      await replica.erase();
    },
    conversation,
    direct: (peer) => conversation(directConversationId(userId, peer)),
    createGroup: ({ title, memberIds }) =>
      callCommand((commandId, signal) =>
        trpc.conversations.createGroup.mutate(
          { memberIds: [...memberIds], commandId, ...(title !== undefined && { title }) },
          { signal },
        ),
      ),
    conversations: conversations.list,
    unread: conversations.unread,
    connection: connectionView,
    retry: (id) => outbox.retry(parseCommandId(id, 'clientMessageId')),
    discard: (id) => outbox.discard(parseCommandId(id, 'clientMessageId')),
    on: <K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents[K]) => void) =>
      events.on(type, listener),
  };
}

function wholeNumber(field: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TidemarkError('invalid_input', `must be a whole number from 1 to ${max}`, { field });
}
