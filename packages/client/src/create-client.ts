/**
 * The table of contents of the client, in the order of the flow: connection → local store → sync → outbox → views. The
 * only file that knows all of them.
 */
import {
  type Clock,
  type CommandId,
  type ContentMap,
  type ConversationId,
  createIdSource,
  DEFAULT_LIMITS,
  directConversationId,
  type JsonValue,
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
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import type { Connection } from './connection/connection.ts';
import { createLocalReplica } from './local-store/local-replica.ts';
import type { LocalChanges, LocalStore } from './local-store/local-store.ts';
import { memoryLocalStore } from './local-store/memory-local-store.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut, HistoryInput, MessagingTrpc } from './messaging-trpc.ts';
import { createReader } from './received.ts';
import { createCommandCalls } from './send/command-calls.ts';
import { createOutbox, type Outbox } from './send/outbox.ts';
import { DraftDiscardedError } from './send/outbox-entries.ts';
import type { AttachmentHooks } from './send/uploads.ts';
import { fetchHistory, loadHistory } from './sync/load-history.ts';
import { DEFAULT_SYNC_BOUNDS } from './sync/sync-state.ts';
import { browserTabs, hasBrowserTabs } from './tabs/browser-tabs.ts';
import { createTabGroup } from './tabs/tab-group.ts';
import { RELAYED_EVENTS, type RelayedEvent, type TabMessage } from './tabs/tab-message.ts';
import type { Tabs } from './tabs/tabs.ts';
import { createTerm, type Term } from './term.ts';
import { createConnectionView } from './views/connection-view.ts';
import { createConversationHandles, type Usage } from './views/conversation-handles.ts';
import { createConversationsView } from './views/conversations-view.ts';
import { createMessagesView, type LiveMessagesView } from './views/messages-view.ts';
import { createView } from './views/view.ts';

export interface ClientOptions<T extends AnyMessagingTrpc, S extends JsonValue = never, R extends JsonValue = never> {
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
  /**
   * Several tabs, or clients, over one store: one of them leads. `browserTabs()`, or `memoryTabs()` within a process; each
   * client of the store gets the same. Default: those of the browser where the store can be shared (`sharedAs`, as in
   * IndexedDB), else none. `null`: none, and this client is the store's only one.
   */
  readonly tabs?: Tabs | null;
  /** What `send(…, { attachments })` needs. */
  readonly attachments?: AttachmentHooks<ContentIn<T>, S, R>;
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

export function createClient<T extends AnyMessagingTrpc, S extends JsonValue = never, R extends JsonValue = never>(
  options: ClientOptions<T, S, R>,
): Client<ContentIn<T>, ContentOut<T>, S> {
  // Inside, content is any JSON object; the kinds exist for the application only, and this is the border.
  return createUntypedClient(options as unknown as UntypedOptions) as unknown as Client<ContentIn<T>, ContentOut<T>, S>;
}

type UntypedOptions = ClientOptions<MessagingTrpc, JsonValue, JsonValue>;

function createUntypedClient(options: UntypedOptions): Client<ContentMap, ContentMap, JsonValue> {
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
  const tabs = tabsOf(options);
  let started = false;
  let erased = false;
  /** What was in the local store is in the views. */
  let isShown = false;
  /** While this tab leads. */
  let term: Term | undefined;

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

  // ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────────────
  replica.onLost(() => term?.sync.restart());

  const outbox: Outbox = createOutbox({
    trpc,
    userId,
    replica,
    events,
    ids,
    timing,
    connection,
    attachments: options.attachments,
    parallel,
    timeoutMs,
    severalTabs: tabs !== undefined,
    closing,
    onChange: (conversationId) => handles.messagesOf(conversationId)?.change(),
    onKept: (ids) => {
      // They are in the store, and whoever leads next finds them there.
      if (tabs) group.ask('adopt', { ids }).catch(() => undefined);
    },
    onSent: (receipt) => group.post({ type: 'sent', receipt }),
    onProgress: (clientMessageId, progress) => group.post({ type: 'progress', clientMessageId, progress }),
  });

  // ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const conversations = createConversationsView(userId, reader);
  const ownConnection = createConnectionView(
    () => started && !closing.aborted,
    () => term?.sync.status() ?? { state: 'stopped' },
    connection,
  );
  /** What the leader says, for a tab that follows. */
  let leaderConnection: ClientConnectionState = { state: 'connecting' };
  const connectionView = createView<ClientConnectionState>(() => {
    if (erased) return SIGNED_OUT;
    return term || !started || closing.aborted ? ownConnection.getSnapshot() : leaderConnection;
  });
  let shown = connectionView.getSnapshot();
  replica.onCommit((changes, origin) => {
    for (const view of viewsOf(changes)) view.change();
    conversations.update(changes);
    if (origin === 'here') group.post({ type: 'changes', changes });
    for (const row of changes.conversations ?? []) if (row.stale) term?.refreshes.add(row.conversationId);
  });

  /** Whether calls have a chance. Without a connection to ask, the feed stands for it, and is believed until it fails. */
  function isOnline(): boolean {
    if (!started || closing.aborted || !term) return false;
    if (connection) return connection.getSnapshot().state === 'open';
    return term.sync.status().state !== 'waiting';
  }

  let wasOnline = false;
  function noticeConnection(): void {
    ownConnection.change();
    connectionView.change();
    const now = connectionView.getSnapshot();
    if (now !== shown) {
      // How far a catch-up has come is for the view.
      const isNews = now.state !== 'catching-up' || shown.state !== 'catching-up';
      shown = now;
      if (isNews) events.emit('connection', now);
      if (term) group.post({ type: 'connection', state: now });
    }
    const online = isOnline();
    if (online === wasOnline) return;
    wasOnline = online;
    outbox.online(online);
    if (!online) return;
    term?.wake();
    for (const view of handles.all()) view.wake();
  }

  const unsubscribeConnection = connection?.subscribe(noticeConnection);

  // ── Tabs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** What the leader does for all: for itself by a call, for other tabs when they ask. Each is idempotent. */
  const work = {
    loadOlder: async ({ conversationId }: OfConversation) => {
      const { replica, signal } = leading();
      return loadHistory(conversationId, trpc, replica, userId, pageSize, signal);
    },
    history: (query: HistoryInput) => fetchHistory(query, trpc, closing),
    /** Another tab has kept drafts, and told of them: reads the store when that was not heard. */
    adopt: async ({ ids }: { ids: readonly CommandId[] }) => {
      await replica.commit(() => undefined);
      if (ids.some((id) => !outbox.has(id))) await load();
    },
    markRead: async ({ conversationId, readSeq }: OfConversation & { readSeq: number | null }) =>
      leading().readMarks.mark(conversationId, readSeq ?? undefined),
    retry: ({ clientMessageId }: OfDraft) => outbox.retry(clientMessageId),
    discard: ({ clientMessageId }: OfDraft) => outbox.discard(clientMessageId),
    members: async ({ conversationId }: OfConversation) => {
      let answer = await trpc.conversations.members.query({ conversationId }, { signal: closing });
      const members = [...answer.members];
      while (answer.nextPage) {
        answer = await trpc.conversations.members.query({ conversationId, page: answer.nextPage }, { signal: closing });
        members.push(...answer.members);
      }
      return { members };
    },
    createGroup: (input: InputOf<'createGroup'>) => trpc.conversations.createGroup.mutate(input, { signal: closing }),
    addMembers: (input: InputOf<'addMembers'>) => trpc.conversations.addMembers.mutate(input, { signal: closing }),
    removeMembers: (input: InputOf<'removeMembers'>) =>
      trpc.conversations.removeMembers.mutate(input, { signal: closing }),
    leave: (input: InputOf<'leave'>) => trpc.conversations.leave.mutate(input, { signal: closing }),
    reconnect: async (_: Record<string, never>) => {
      connection?.open();
      connection?.retryNow();
    },
  };

  const group = createTabGroup({
    tabs,
    tab: ids.commandId(clock.now()),
    userId,
    work,
    clock,
    closing,
    reload: load,
    lead: (signal) => {
      term = createTerm({
        trpc,
        userId,
        replica: replica.during(signal, () => group.holds()),
        events,
        reader,
        timing,
        bounds,
        connection,
        signal,
        onStatus: noticeConnection,
        draftsStoredAtReset: () => outbox.storedAtReset(),
      });
      outbox.lead(signal, term.replica);
      if (!tabs) return;
      begin(term);
      events.emit('role', { role: 'leader' });
    },
    follow: () => {
      term = undefined;
      leaderConnection = { state: 'connecting' };
      // The socket is the leader's.
      void connection?.close();
      noticeConnection();
      events.emit('role', { role: 'follower' });
    },
    greeting: () => ({ type: 'leading', connection: shown, receipts: outbox.receipts() }),
    onMessage: hear,
  });

  for (const type of RELAYED_EVENTS) {
    events.on(type, (detail) => {
      if (term) group.post({ type: 'event', event: { type, detail } as RelayedEvent });
    });
  }

  function leading(): Term {
    if (!term) throw new TidemarkError('closing', 'this tab leads no more');
    return term;
  }

  function begin(own: Term): void {
    connection?.open();
    noticeConnection();
    own.start();
  }

  /** The local store, at first or again. */
  async function load(): Promise<void> {
    const isFirst = !replica.isOpening;
    await outbox.start();
    if (!isFirst) await replica.reload(({ drafts }) => outbox.reconcile(drafts));
    if (isShown) return;
    isShown = true;
    conversations.reset(replica.rows.values());
    for (const view of handles.all()) view.change();
  }

  /** From another tab. */
  function hear(message: TabMessage): void {
    switch (message.type) {
      case 'changes':
        replica.merge(message.changes);
        break;
      case 'sent':
        outbox.sentElsewhere(message.receipt);
        break;
      case 'progress':
        outbox.progressElsewhere(message.clientMessageId, message.progress);
        break;
      case 'leading':
        for (const receipt of message.receipts) outbox.sentElsewhere(receipt);
        showLeaderConnection(message.connection);
        break;
      case 'connection':
        showLeaderConnection(message.state);
        break;
      case 'event':
        if (term) break;
        if (message.event.type === 'reset') events.emit('reset', message.event.detail);
        else events.emit('live', message.event.detail);
        break;
      case 'erase':
        void signedOutElsewhere();
        break;
      default:
    }
  }

  function showLeaderConnection(state: ClientConnectionState): void {
    leaderConnection = state;
    noticeConnection();
  }

  async function signedOutElsewhere(): Promise<void> {
    erased = true;
    await stop(new DraftDiscardedError('the user signed out in another tab')).catch(() => undefined);
    group.leave();
    forget();
    events.emit('erased', { by: 'another-tab' });
  }

  /** Nothing of the user is shown any more. */
  function forget(): void {
    outbox.forget();
    conversations.reset([]);
    for (const view of handles.all()) {
      view.forget();
      view.change();
    }
  }

  /** Asks the leader, and waits until what it has committed is here. */
  async function settled<T>(asked: Promise<T>): Promise<T> {
    const answer = await asked;
    if (!group.leads) await replica.commit(() => undefined);
    return answer;
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
      fetchOlder: () => settled(group.ask('loadOlder', { conversationId })),
      fetchPage: async (query) => (await group.ask('history', query)) ?? undefined,
      pageSize,
      windowSize: pageSize * WINDOW_PAGES,
    });
    const handle: ConversationHandle<ContentMap, ContentMap, JsonValue> = {
      conversationId,
      item: conversations.itemView(conversationId),
      messages,
      send: (message, sendOptions = {}) => {
        const { id, receipt } = outbox.send(conversationId, message, sendOptions);
        return { clientMessageId: id, receipt };
      },
      markRead: (readSeq) => settled(group.ask('markRead', { conversationId, readSeq: readSeq ?? null })),
      members: async () => {
        try {
          return (await group.ask('members', { conversationId })).members;
        } catch (error) {
          throw toTidemarkError(error);
        }
      },
      addMembers: (memberIds) =>
        callCommand((commandId) => group.ask('addMembers', { conversationId, memberIds: [...memberIds], commandId })),
      removeMembers: (memberIds) =>
        callCommand((commandId) =>
          group.ask('removeMembers', { conversationId, memberIds: [...memberIds], commandId }),
        ),
      leave: () => callCommand((commandId) => group.ask('leave', { conversationId, commandId })),
    };
    return { handle, messages };
  }

  function conversation(id: string): ConversationHandle<ContentMap, ContentMap, JsonValue> {
    return handles.get(parseConversationId(id));
  }

  /** Nothing runs, waits or writes any more when it resolves. */
  async function stop(reason: Error): Promise<void> {
    if (!closing.aborted) {
      closed.abort();
      unsubscribeConnection?.();
      outbox.close(reason);
      // With several tabs it was opened for this term of leading.
      if (tabs && term) void connection?.close();
      noticeConnection();
    }
    await replica.close();
  }

  async function close(): Promise<void> {
    await stop(
      new TidemarkError('outcome_unknown', 'the client was closed; the draft is kept and sent at the next start'),
    );
    // After the last write.
    group.leave();
  }

  if (!tabs) group.join();

  return {
    userId,
    start: () => {
      if (closing.aborted) throw new TidemarkError('closing', 'the client was closed; create another one');
      if (started) return;
      started = true;
      if (tabs) {
        group.join();
        noticeConnection();
        return;
      }
      connection?.open();
      noticeConnection();
      load()
        .then(() => term?.start())
        .catch((error: unknown) => {
          if (!closing.aborted) throw error;
        });
    },
    close,
    erase: async () => {
      erased = true;
      await stop(new DraftDiscardedError('the user signed out'));
      await group.signOutOthers();
      group.leave();
      await replica.erase();
      forget();
      events.emit('erased', { by: 'this-tab' });
    },
    reconnect: () => group.ask('reconnect', {}).then(() => undefined),
    conversation,
    direct: (peer) => conversation(directConversationId(userId, peer)),
    createGroup: ({ title, memberIds }) =>
      callCommand((commandId) =>
        group.ask('createGroup', {
          memberIds: [...memberIds],
          commandId,
          ...(title !== undefined && { title }),
        }),
      ),
    conversations: conversations.list,
    unread: conversations.unread,
    connection: connectionView,
    retry: (id) => settled(group.ask('retry', { clientMessageId: parseCommandId(id, 'clientMessageId') })),
    discard: async (id) => {
      const clientMessageId = parseCommandId(id, 'clientMessageId');
      if (!(await outbox.discardUnkept(clientMessageId))) await settled(group.ask('discard', { clientMessageId }));
    },
    on: <K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents[K]) => void) =>
      events.on(type, listener),
  };
}

const SIGNED_OUT: ClientConnectionState = { state: 'signed-out' };

interface OfConversation {
  readonly conversationId: ConversationId;
}
interface OfDraft {
  readonly clientMessageId: CommandId;
}
type InputOf<K extends 'createGroup' | 'addMembers' | 'removeMembers' | 'leave'> = Parameters<
  MessagingTrpc['conversations'][K]['mutate']
>[0];

/** Tabs of a store that can have some, where the runtime knows them. */
function tabsOf({ tabs, store }: UntypedOptions): Tabs | undefined {
  if (tabs !== undefined) return tabs ?? undefined;
  return store?.sharedAs !== undefined && hasBrowserTabs() ? browserTabs({ name: store.sharedAs }) : undefined;
}

function wholeNumber(field: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TidemarkError('invalid_input', `must be a whole number from 1 to ${max}`, { field });
}
