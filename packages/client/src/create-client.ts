/**
 * The table of contents of the client, in the order of the flow: connection → local store → sync → outbox → views. The
 * only file that knows all of them.
 */

import {
  type CommandResult,
  type ContentMap,
  directConversationId,
  type JsonValue,
  parseCommandId,
  parseConversationId,
} from '@tidemark/core';
import { afterCommit } from './after-commit.ts';
import { checkOption } from './check-options.ts';
import type { Client } from './client.ts';
import { type ClientContext, createClientContext } from './client-context.ts';
import { createClientLifetime } from './client-lifetime.ts';
import type { ClientOptions, UntypedOptions } from './client-options.ts';
import type { ClientParts, Handles } from './client-parts.ts';
import { createClientStatus } from './client-status.ts';
import { createClientTabs } from './client-tabs.ts';
import { createConversationHandle } from './conversation-handle.ts';
import type { GroupCommand, InputOf } from './leader-work.ts';
import { answeringStore } from './local-store/answering-store.ts';
import { withoutOtherUsers } from './local-store/erase-user.ts';
import { createLocalReplica } from './local-store/local-replica.ts';
import type { LocalStore } from './local-store/local-store.ts';
import { memoryLocalStore } from './local-store/memory-local-store.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut } from './messaging-trpc.ts';
import { createCommandCalls } from './send/command-calls.ts';
import { createOutbox, type Outbox } from './send/outbox.ts';
import { confirmedCalls } from './sync/confirmed-calls.ts';
import { signOutTabs } from './tabs/tab-group.ts';
import { createConversationHandles } from './views/conversation-handles.ts';
import { createConversationsView } from './views/conversations-view.ts';
import { settingsNow } from './views/settings-now.ts';

export function createClient<T extends AnyMessagingTrpc, S extends JsonValue = never, R extends JsonValue = never>(
  options: ClientOptions<T, S, R>,
): Client<ContentIn<T>, ContentOut<T>, S> {
  // Inside, content is any JSON object; the kinds exist for the application only, and this is the border.
  return createUntypedClient(options as unknown as UntypedOptions) as unknown as Client<ContentIn<T>, ContentOut<T>, S>;
}

function createUntypedClient(options: UntypedOptions): Client<ContentMap, ContentMap, JsonValue> {
  const context = createClientContext(options);
  const { userId, events, closing, tabs, life } = context;
  const store = storeOf(options, context);

  // ── Connection ───────────────────────────────────────────────────────────────────────────────────────────────────
  const status = createClientStatus(context, {
    onShown: (state) => {
      if (life.leadership) group.post({ type: 'connection', state });
    },
    onOnline: (online) => {
      outbox.online(online);
      if (!online) return;
      life.leadership?.wake();
      for (const view of handles.all()) view.wake();
    },
  });
  const trpc = confirmedCalls(options.trpc, status.confirmed);

  // ── Local store ──────────────────────────────────────────────────────────────────────────────────────────────────
  const replica = createLocalReplica({
    ...context,
    store,
    onCommit: (changes, origin) => afterCommit(changes, origin, { ...parts, group }),
    onLost: () => life.leadership?.sync.restart(),
  });

  // ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const outbox: Outbox = createOutbox({
    ...context,
    trpc,
    replica,
    limits: () => life.leadership?.sync.limits,
    onChange: (conversationId) => {
      handles.messagesOf(conversationId)?.change();
      conversations.change(conversationId);
    },
    onKept: (drafts) => {
      // Whoever leads next finds them in the store, unless it had no room.
      if (tabs) group.ask('adopt', { drafts }).catch(() => undefined);
    },
    onSent: (receipt) => group.post({ type: 'sent', receipt }),
    onProgress: (clientMessageId, progress) => group.post({ type: 'progress', clientMessageId, progress }),
  });

  // ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const conversations = createConversationsView(userId, context.reader, (row) =>
    settingsNow(row, outbox.entriesOf(row.conversationId)),
  );
  const handles: Handles = createConversationHandles((conversationId, usage) =>
    createConversationHandle(conversationId, {
      ...context,
      ...usage,
      replica,
      outbox,
      ask: group.ask,
      whenCommitted,
      command,
      item: conversations.itemView(conversationId),
    }),
  );

  // ── Tabs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const parts: ClientParts = { ...context, trpc, status, replica, outbox, conversations, handles };
  const group = createClientTabs({
    ...parts,
    load: () => lifetime.load(),
    onErase: () => void lifetime.erasedElsewhere(),
  });
  const lifetime = createClientLifetime({ ...parts, group });
  if (!tabs) group.join();

  // ── What an application calls ────────────────────────────────────────────────────────────────────────────────────
  const callCommand = createCommandCalls(context.ids, context.timing, closing);

  function command<K extends GroupCommand>(name: K, input: InputOf<K>): Promise<CommandResult> {
    return callCommand((commandId) => group.ask(name, { ...input, commandId } as never));
  }

  /** Asks the leader, and waits until what it has committed is here. */
  async function whenCommitted<T>(asked: Promise<T>): Promise<T> {
    const answer = await asked;
    if (!group.leads) await replica.commit(() => undefined);
    return answer;
  }

  const { start, close, erase } = lifetime;
  return {
    userId,
    start,
    close,
    erase,
    reconnect: () => group.ask('reconnect', {}).then(() => undefined),
    conversation: (id) => handles.get(parseConversationId(id)),
    direct: (peer) => handles.get(directConversationId(userId, peer)),
    createGroup: ({ title, memberIds }) =>
      command('createGroup', { memberIds: [...memberIds], ...(title !== undefined && { title }) }),
    conversations: conversations.list,
    unread: conversations.unread,
    connection: status.view,
    retry: (id) => whenCommitted(group.ask('retry', { clientMessageId: parseCommandId(id, 'clientMessageId') })),
    discard: async (id) => {
      const clientMessageId = parseCommandId(id, 'clientMessageId');
      if (!(await outbox.discardUnsaved(clientMessageId)))
        await whenCommitted(group.ask('discard', { clientMessageId }));
    },
    on: events.on,
  };
}

/** The application's store: calls that don't answer reject, and other users' data are erased first where it asks for that. */
function storeOf(
  { store, onOtherUser }: UntypedOptions,
  { tabs, tab, clock, storeTimeoutMs }: ClientContext,
): LocalStore {
  const answering = answeringStore(store ?? memoryLocalStore(), storeTimeoutMs, clock);
  if (onOtherUser !== 'erase') return answering;
  checkOption(answering.users !== undefined, 'onOtherUser', "'erase' needs a store with users()");
  return withoutOtherUsers(answering, async (other) => tabs && signOutTabs(tabs, other, tab, clock));
}
