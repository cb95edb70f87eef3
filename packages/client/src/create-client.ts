/**
 * The table of contents of the client, in the order of the flow: connection → local store → sync → outbox → views. The
 * only file that knows all of them.
 */

import {
  type Calls,
  type Clock,
  type CommandId,
  type CommandResult,
  type ContentMap,
  type ConversationId,
  createIdSource,
  DEFAULT_PAGE,
  directConversationId,
  type HistoryInput,
  type JsonValue,
  type Member,
  type MemberPage,
  parseCommandId,
  parseConversationId,
  parseUserId,
  type Random,
  type Receipt,
  systemClock,
  TidemarkError,
} from '@tidemark/core';
import { createWakeSignal } from './abort-signal.ts';
import { toTidemarkError } from './call-outcome.ts';
import type { Client, ConversationHandle } from './client.ts';
import { type ClientEvents, createClientEmitter } from './client-events.ts';
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import { type Connection, hasEnded } from './connection/connection.ts';
import { answeringStore, DEFAULT_STORE_TIMEOUT_MS } from './local-store/answering-store.ts';
import { withoutOtherUsers } from './local-store/erase-user.ts';
import { createLocalReplica, DEFAULT_UNSAVED_LIMIT } from './local-store/local-replica.ts';
import type { Draft, LocalChanges, LocalStore } from './local-store/local-store.ts';
import { LocalStoreError } from './local-store/local-store-error.ts';
import { memoryLocalStore } from './local-store/memory-local-store.ts';
import { checkChanges, checkDraft } from './local-store/stored-json.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut, MessagingTrpc } from './messaging-trpc.ts';
import { createReader } from './received.ts';
import { createCommandCalls } from './send/command-calls.ts';
import { createOutbox, type Outbox } from './send/outbox.ts';
import { DraftDiscardedError } from './send/outbox-entries.ts';
import type { AttachmentHooks } from './send/uploads.ts';
import { confirmedCalls } from './sync/confirmed-calls.ts';
import { fetchHistory, loadHistory } from './sync/load-history.ts';
import { DEFAULT_SYNC_BOUNDS } from './sync/sync-state.ts';
import { browserTabs, hasBrowserTabs } from './tabs/browser-tabs.ts';
import { createTabGroup, signOutTabs } from './tabs/tab-group.ts';
import { RELAYED_EVENTS, type RelayedEvent, type TabMessage } from './tabs/tab-message.ts';
import type { Tabs } from './tabs/tabs.ts';
import { createTerm, type Term } from './term.ts';
import { combinedState, createConnectionView } from './views/connection-view.ts';
import { createConversationHandles, type Usage } from './views/conversation-handles.ts';
import { createConversationsView } from './views/conversations-view.ts';
import { createMessagesView, type LiveMessagesView } from './views/messages-view.ts';
import { warnOnce } from './warn-once.ts';

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
  /**
   * What becomes of the data that the local store holds of other users when this client opens it. `keep`: they stay, readable by
   * whoever can read the device, until their own client erases them. `erase`: they are removed, **unsent drafts too**, and their
   * other tabs closed, before anything of this user is written; where that keeps failing, the client runs from memory and says
   * so (`store` event, `blocked`). Default `keep`.
   */
  readonly onOtherUser?: 'keep' | 'erase';
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
  /**
   * Conversations, events and drafts that are kept in memory while the local store has no room or keeps failing; beyond, nothing
   * more is taken in until it can be written. Default 20,000.
   */
  readonly unsavedLimit?: number;
  /**
   * A call of the local store that has not answered by then has failed, in ms: what it brought is kept in memory until it can be
   * written (`store` event, `unavailable`), and a store that does not open is left for memory (`blocked`). Default 30,000.
   */
  readonly storeTimeoutMs?: number;
  /** Entries of the feed that may wait for the local store; more are pulled later. Default 2,000. */
  readonly queueLimit?: number;
  /** Says on the console, once for each, why it cannot connect and what is wrong with the local store. Default true. */
  readonly warnings?: boolean;
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
  const { connection, clock = systemClock, random = Math.random } = options;
  const userId = parseUserId(options.userId);
  const timing = { clock, random, ...(options.backoff ?? { base: 300, cap: 30_000 }) };
  const pageSize = wholeNumber(options, 'pageSize', 50, DEFAULT_PAGE);
  const parallel = wholeNumber(options, 'parallelSends', 8, 1_000);
  const timeoutMs = wholeNumber(options, 'sendTimeoutMs', 30_000, 86_400_000);
  const queue = wholeNumber(options, 'queueLimit', DEFAULT_SYNC_BOUNDS.queue, 1_000_000);
  const unsavedLimit = wholeNumber(options, 'unsavedLimit', DEFAULT_UNSAVED_LIMIT, 1_000_000);
  const storeTimeoutMs = wholeNumber(options, 'storeTimeoutMs', DEFAULT_STORE_TIMEOUT_MS, 86_400_000);
  const bounds = { queue, batch: Math.min(DEFAULT_SYNC_BOUNDS.batch, queue) };

  const closed = new AbortController();
  const closing = closed.signal;
  const events = createClientEmitter();
  if (options.warnings ?? true) warnOnce(events);
  const reader = createReader(options.contentTypes);
  // The platform's cryptographic source unless a seeded one was handed in.
  const ids = createIdSource(options.random);
  const callCommand = createCommandCalls(ids, timing, closing);
  const { tabs, refusal } = tabsOf(options);
  /** Names this one among the others. */
  const tab = ids.commandId(clock.now());
  let started = false;
  let erased = false;
  /** What was in the local store is in the views. */
  let isShown = false;
  /** While this tab leads. */
  let term: Term | undefined;
  /** Ends the waits of calls until what is sent is sent as this user. */
  const confirmed = createWakeSignal();
  const isConfirmed = (): boolean =>
    term?.sync.isConfirmed === true && (!connection || connection.getSnapshot().state === 'open');
  const trpc = confirmedCalls(options.trpc, async () => {
    if (mayCall()) return;
    await clock.sleep(timeoutMs, confirmed.signal);
    if (!mayCall()) throw new TidemarkError('unavailable', `not connected within ${timeoutMs} ms (sendTimeoutMs)`);
  });

  /** Or fails by itself, where there is no connection to wait for. */
  function mayCall(): boolean {
    if (!started || closing.aborted || !term || isConfirmed()) return true;
    if (connection) return hasEnded(connection.getSnapshot());
    const { state } = term.sync.status();
    return state !== 'catching-up' && (state !== 'connecting' || term.sync.limits !== undefined);
  }

  // ── Local store ──────────────────────────────────────────────────────────────────────────────────────────────────
  const kept = answeringStore(options.store ?? memoryLocalStore(), storeTimeoutMs, clock);
  const isErasing = options.onOtherUser === 'erase';
  if (isErasing && !kept.users) {
    throw new TidemarkError('invalid_input', "'erase' needs a store with users()", { field: 'onOtherUser' });
  }
  const store = isErasing ? withoutOtherUsers(kept, async (other) => tabs && signOutTabs(tabs, other, tab)) : kept;
  const replica = createLocalReplica(store, userId, timing, events, closing, unsavedLimit);
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

  const context = { trpc, userId, events, timing, connection, closing };
  const outbox: Outbox = createOutbox({
    ...context,
    replica,
    ids,
    attachments: options.attachments,
    limits: () => term?.sync.limits,
    parallel,
    timeoutMs,
    severalTabs: tabs !== undefined,
    onChange: (conversationId) => handles.messagesOf(conversationId)?.change(),
    onKept: (drafts) => {
      // Whoever leads next finds them in the store, unless it had no room.
      if (tabs) group.ask('adopt', { drafts }).catch(() => undefined);
    },
    onSent: (receipt) => group.post({ type: 'sent', receipt }),
    onProgress: (clientMessageId, progress) => group.post({ type: 'progress', clientMessageId, progress }),
  });

  // ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const conversations = createConversationsView(userId, reader);
  /** What the leader says, for a tab that follows. */
  let leaderConnection: ClientConnectionState = { state: 'connecting' };
  const connectionView = createConnectionView(() => {
    if (erased) return SIGNED_OUT;
    if (!started || closing.aborted) return { state: 'stopped' };
    return term ? combinedState(term.sync.status(), connection) : leaderConnection;
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
    return started && !closing.aborted && isConfirmed();
  }

  let wasOnline = false;
  function noticeConnection(): void {
    connectionView.change();
    const now = connectionView.getSnapshot();
    if (now !== shown) {
      // How far a catch-up has come is for the view.
      const isNews = now.state !== 'catching-up' || shown.state !== 'catching-up';
      shown = now;
      if (isNews) events.emit('connection', now);
      if (term) group.post({ type: 'connection', state: now });
    }
    if (mayCall()) confirmed.wake();
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
    adopt: async ({ drafts }: { drafts: readonly Draft[] }) => {
      const unknown = (): Draft[] => drafts.filter(({ clientMessageId }) => !outbox.has(clientMessageId));
      await replica.commit(() => undefined);
      if (unknown().length > 0) await load();
      // In the store of neither: it has no room.
      await replica.commit(() => (unknown().length > 0 ? { putDrafts: unknown().map(checkDraft) } : undefined));
    },
    markRead: async ({ conversationId, readSeq }: OfConversation & { readSeq: number | null }) =>
      leading().readMarks.mark(conversationId, readSeq ?? undefined),
    retry: ({ clientMessageId }: OfDraft) => outbox.retry(clientMessageId),
    discard: ({ clientMessageId }: OfDraft) => outbox.discard(clientMessageId),
    members: async ({ conversationId }: OfConversation) => {
      const members: Member[] = [];
      let page: string | null = null;
      do {
        const input = { conversationId, ...(page !== null && { page }) };
        const answer: MemberPage = await trpc.conversations.members.query(input, { signal: closing });
        members.push(...answer.members);
        page = answer.nextPage;
      } while (page !== null);
      return { members };
    },
    createGroup: (input: InputOf<'createGroup'>) => trpc.conversations.createGroup.mutate(input, { signal: closing }),
    addMembers: (input: InputOf<'addMembers'>) => trpc.conversations.addMembers.mutate(input, { signal: closing }),
    removeMembers: (input: InputOf<'removeMembers'>) =>
      trpc.conversations.removeMembers.mutate(input, { signal: closing }),
    leave: (input: InputOf<'leave'>) => trpc.conversations.leave.mutate(input, { signal: closing }),
    reconnect: async (_: Record<string, never>) => {
      connection?.open(userId);
      connection?.retryNow();
    },
  };

  const group = createTabGroup({
    tabs,
    tab,
    userId,
    work,
    clock,
    closing,
    reload: load,
    lead: (signal) => {
      term = createTerm({
        ...context,
        replica: replica.during(signal, () => group.holds()),
        reader,
        bounds,
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
    onRefused: (cause) => replica.leaveStore(new LocalStoreError('blocked', 'Web Locks are refused', { cause })),
    onMessage: hear,
  });
  events.on('store', ({ problem }) => {
    if (problem === 'blocked' && started && tabs) group.standAlone();
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
    connection?.open(userId);
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
        replica.merge(checkChanges(message.changes));
        break;
      case 'sent':
        noteSent(message.receipt);
        break;
      case 'progress':
        outbox.progressElsewhere(message.clientMessageId, message.progress);
        break;
      case 'leading':
        message.receipts.forEach(noteSent);
        showLeaderConnection(message.connection);
        break;
      case 'connection':
        showLeaderConnection(message.state);
        break;
      case 'event':
        if (!term && RELAYED_EVENTS.includes(message.event.type)) {
          events.emit(message.event.type, message.event.detail as never);
        }
        break;
      case 'erase':
        void signedOutElsewhere();
        break;
      default:
    }
  }

  function noteSent(receipt: Receipt): void {
    check(typeof receipt.conversationSeq === 'number');
    outbox.sentElsewhere(receipt);
  }

  function showLeaderConnection(state: ClientConnectionState): void {
    check(typeof state.state === 'string');
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

  function command<K extends CommandName>(name: K, input: InputOf<K>): Promise<CommandResult> {
    return callCommand((commandId) => group.ask(name, { ...input, commandId } as never));
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
      addMembers: (memberIds) => command('addMembers', { conversationId, memberIds: [...memberIds] }),
      removeMembers: (memberIds) => command('removeMembers', { conversationId, memberIds: [...memberIds] }),
      leave: () => command('leave', { conversationId }),
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
    await stop(new TidemarkError('outcome_unknown', 'the client was closed; the draft is sent at the next start'));
    // After the last write.
    group.leave();
  }

  if (!tabs) group.join();

  return {
    userId,
    start: () => {
      if (closing.aborted) throw new TidemarkError('closing', 'the client was closed');
      if (started) return;
      started = true;
      if (refusal) replica.leaveStore(refusal);
      if (tabs) {
        group.join();
        noticeConnection();
        return;
      }
      connection?.open(userId);
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
      command('createGroup', { memberIds: [...memberIds], ...(title !== undefined && { title }) }),
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

/** Of what another page says: the tab group drops what throws, and reads the store instead. */
function check(isOfItsForm: boolean): void {
  if (!isOfItsForm) throw new Error('not of its form');
}

const SIGNED_OUT: ClientConnectionState = {
  state: 'signed-out',
  cause: { reason: 'nobody', detail: 'the user signed out' },
};

interface OfConversation {
  readonly conversationId: ConversationId;
}
interface OfDraft {
  readonly clientMessageId: CommandId;
}
type CommandName = 'createGroup' | 'addMembers' | 'removeMembers' | 'leave';
type InputOf<K extends CommandName> = Calls<ContentMap, ContentMap>['conversations'][K]['input'];

/**
 * Tabs of a store that can have some, where the runtime knows them. A page without Web Locks, for want of https, owns
 * nothing: it cannot know whether another writes to the same store.
 */
function tabsOf({ tabs, store }: UntypedOptions): { tabs?: Tabs; refusal?: LocalStoreError } {
  if (tabs !== undefined) return tabs ? { tabs } : {};
  if (store?.sharedAs === undefined) return {};
  if (hasBrowserTabs()) return { tabs: browserTabs({ name: store.sharedAs }) };
  const isPage = (globalThis as { isSecureContext?: boolean }).isSecureContext !== undefined;
  if (!isPage) return {};
  return { refusal: new LocalStoreError('blocked', 'without Web Locks (https) tabs cannot share a store') };
}

type CountOption = 'pageSize' | 'parallelSends' | 'sendTimeoutMs' | 'queueLimit' | 'unsavedLimit' | 'storeTimeoutMs';

function wholeNumber(options: UntypedOptions, field: CountOption, otherwise: number, max: number): number {
  const value = options[field] ?? otherwise;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TidemarkError('invalid_input', `must be a whole number from 1 to ${max}`, { field });
}
