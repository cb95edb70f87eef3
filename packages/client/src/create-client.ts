/**
 * The table of contents of the client, in the order of the flow: connection → local store → sync → outbox → views. The
 * only file that knows all of them.
 */

import {
  type CommandResult,
  type ContentMap,
  createIdSource,
  directConversationId,
  type JsonValue,
  parseCommandId,
  parseConversationId,
  parseUserId,
  systemClock,
  TidemarkError,
} from '@tidemark/core';
import { clockForMany, createWakeSignal } from './abort-signal.ts';
import { checkOption } from './check-options.ts';
import type { Client, ConversationHandle } from './client.ts';
import { createClientEmitter } from './client-events.ts';
import { type ClientOptions, checkedOptions, type UntypedOptions } from './client-options.ts';
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import { hasEnded } from './connection/connection.ts';
import { createConversationHandle } from './conversation-handle.ts';
import { createLeaderWork, type GroupCommand, type InputOf } from './leader-work.ts';
import { answeringStore } from './local-store/answering-store.ts';
import { withoutOtherUsers } from './local-store/erase-user.ts';
import { createLocalReplica } from './local-store/local-replica.ts';
import type { LocalChanges } from './local-store/local-store.ts';
import { LocalStoreError } from './local-store/local-store-error.ts';
import { memoryLocalStore } from './local-store/memory-local-store.ts';
import { checkChanges } from './local-store/stored-json.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut } from './messaging-trpc.ts';
import { createReader } from './received.ts';
import { createCommandCalls } from './send/command-calls.ts';
import { createOutbox, type Outbox } from './send/outbox.ts';
import { DraftDiscardedError, type Stored } from './send/outbox-entries.ts';
import { confirmedCalls } from './sync/confirmed-calls.ts';
import { createTabGroup, signOutTabs } from './tabs/tab-group.ts';
import { RELAYED_EVENTS, type RelayedEvent, type TabMessage } from './tabs/tab-message.ts';
import { tabsOfStore } from './tabs/tabs-of-store.ts';
import { createTerm, type Term } from './term.ts';
import { combinedState, createConnectionView } from './views/connection-view.ts';
import { createConversationHandles } from './views/conversation-handles.ts';
import { createConversationsView } from './views/conversations-view.ts';
import type { LiveMessagesView } from './views/messages-view.ts';
import { warnOnce } from './warn-once.ts';
import { whenLive } from './when-live.ts';

export function createClient<T extends AnyMessagingTrpc, S extends JsonValue = never, R extends JsonValue = never>(
  options: ClientOptions<T, S, R>,
): Client<ContentIn<T>, ContentOut<T>, S> {
  // Inside, content is any JSON object; the kinds exist for the application only, and this is the border.
  return createUntypedClient(options as unknown as UntypedOptions) as unknown as Client<ContentIn<T>, ContentOut<T>, S>;
}

function createUntypedClient(options: UntypedOptions): Client<ContentMap, ContentMap, JsonValue> {
  const { connection, random = Math.random } = options;
  const clock = clockForMany(options.clock ?? systemClock);
  const userId = parseUserId(options.userId);
  const timing = { clock, random, ...(options.backoff ?? { base: 300, cap: 30_000 }) };
  const { pageSize, parallelSends, sendTimeoutMs, queueLimit, unsavedLimit, storeTimeoutMs } = checkedOptions(options);

  const closed = new AbortController();
  const closing = closed.signal;
  const events = createClientEmitter();
  if (options.warnings ?? true) warnOnce(events);
  const reader = createReader(options.contentTypes);
  // The platform's cryptographic source unless a seeded one was handed in.
  const ids = createIdSource(options.random);
  const callCommand = createCommandCalls(ids, timing, closing);
  const { tabs, refusal } = tabsOfStore(options.tabs, options.store);
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
    await clock.sleep(sendTimeoutMs, confirmed.signal);
    if (!mayCall()) throw new TidemarkError('unavailable', `not connected within ${sendTimeoutMs} ms (sendTimeoutMs)`);
  });

  /** Or fails by itself, where there is no connection to wait for. */
  function mayCall(): boolean {
    if (!started || closing.aborted || !term || isConfirmed()) return true;
    if (connection) return hasEnded(connection.getSnapshot());
    const { state } = term.sync.status();
    return state !== 'catching-up' && (state !== 'connecting' || term.sync.limits !== undefined);
  }

  const context = { trpc, userId, events, timing, connection, closing };

  // ── Local store ──────────────────────────────────────────────────────────────────────────────────────────────────
  const kept = answeringStore(options.store ?? memoryLocalStore(), storeTimeoutMs, clock);
  const isErasing = options.onOtherUser === 'erase';
  checkOption(!isErasing || kept.users !== undefined, 'onOtherUser', "'erase' needs a store with users()");
  const store = isErasing
    ? withoutOtherUsers(kept, async (other) => tabs && signOutTabs(tabs, other, tab, clock))
    : kept;
  const replica = createLocalReplica({
    ...context,
    store,
    unsavedLimit,
    onCommit: committed,
    onLost: () => term?.sync.restart(),
  });
  const handles = createConversationHandles((conversationId, usage) =>
    createConversationHandle(conversationId, {
      ...usage,
      userId,
      reader,
      replica,
      outbox,
      pageSize,
      ask: group.ask,
      settled,
      command,
      item: conversations.itemView(conversationId),
    }),
  );

  /** What follows from a commit. Rows are in the views before the outbox drops their drafts, so nothing flickers. */
  function committed(changes: LocalChanges, origin: 'here' | 'elsewhere'): void {
    const views = [...viewsOf(changes)];
    for (const view of views) view.merge(changes);
    outbox.notice(changes, origin);
    for (const view of views) view.change();
    conversations.update(changes);
    if (origin === 'here') group.post({ type: 'changes', changes });
    for (const row of changes.conversations ?? []) if (row.stale) term?.refreshes.add(row.conversationId);
  }

  function* viewsOf({ replace, conversations = [], events: changed = [] }: LocalChanges): Iterable<LiveMessagesView> {
    if (replace) return yield* handles.all();
    for (const conversationId of new Set([...conversations, ...changed].map((each) => each.conversationId))) {
      const view = handles.messagesOf(conversationId);
      if (view) yield view;
    }
  }

  // ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const outbox: Outbox = createOutbox({
    ...context,
    replica,
    ids,
    attachments: options.attachments,
    limits: () => term?.sync.limits,
    parallel: parallelSends,
    timeoutMs: sendTimeoutMs,
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
  const work = createLeaderWork({
    ...context,
    replica,
    outbox,
    pageSize,
    leading: () => {
      if (!term) throw new TidemarkError('closing', 'this tab leads no more');
      return term;
    },
    load,
    reconnect: () => {
      connection?.open(userId);
      connection?.retryNow();
    },
  });

  const group = createTabGroup({
    tabs,
    tab,
    userId,
    work,
    clock,
    timeoutMs: storeTimeoutMs,
    closing,
    reload: load,
    lead: (signal) => {
      term = createTerm({
        ...context,
        replica: replica.during(signal, () => group.holds()),
        reader,
        queueLimit,
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

  function noteSent(receipt: Stored): void {
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
    for (const view of handles.all()) view.forget();
  }

  /** Asks the leader, and waits until what it has committed is here. */
  async function settled<T>(asked: Promise<T>): Promise<T> {
    const answer = await asked;
    if (!group.leads) await replica.commit(() => undefined);
    return answer;
  }

  function command<K extends GroupCommand>(name: K, input: InputOf<K>): Promise<CommandResult> {
    return callCommand((commandId) => group.ask(name, { ...input, commandId } as never));
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
    live: (liveOptions) => whenLive(connectionView, clock, closing, liveOptions),
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
    on: events.on,
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
