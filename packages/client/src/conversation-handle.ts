import {
  type CommandResult,
  type ContentMap,
  type ConversationId,
  type JsonValue,
  parseCommandId,
  parseUserId,
  type UserId,
} from '@tidemark/core';
import type { ConversationHandle } from './client.ts';
import type { createLeaderWork, GroupCommand, InputOf } from './leader-work.ts';
import type { LocalReplica } from './local-store/local-replica.ts';
import type { Reader } from './received.ts';
import type { Outbox } from './send/outbox.ts';
import type { TabGroup } from './tabs/tab-group.ts';
import type { Usage } from './views/conversation-handles.ts';
import { createMessagesView, type LiveMessagesView } from './views/messages-view.ts';

type Handle = ConversationHandle<ContentMap, ContentMap, JsonValue>;

export interface ConversationHandleOptions extends Usage {
  readonly userId: UserId;
  readonly reader: Reader;
  readonly replica: LocalReplica;
  readonly outbox: Outbox;
  readonly pageSize: number;
  /** Asks the tab that leads. */
  readonly ask: TabGroup<ReturnType<typeof createLeaderWork>>['ask'];
  /** Waits until what the leader has committed is here. */
  readonly whenCommitted: <T>(asked: Promise<T>) => Promise<T>;
  readonly command: <K extends GroupCommand>(name: K, input: InputOf<K>) => Promise<CommandResult>;
  readonly item: Handle['item'];
}

/** Pages that a messages view keeps in memory. */
const WINDOW_PAGES = 10;

/** What an application does in one conversation, and its messages as they are shown. */
export function createConversationHandle(
  conversationId: ConversationId,
  options: ConversationHandleOptions,
): { readonly handle: Handle; readonly messages: LiveMessagesView } {
  const { replica, outbox, pageSize, ask, whenCommitted, command, item } = options;
  const messages = createMessagesView({
    ...options,
    conversationId,
    row: () => replica.rows.get(conversationId),
    drafts: () => outbox.entriesOf(conversationId),
    events: replica.events,
    ready: replica.open,
    fetchOlder: () => whenCommitted(ask('loadOlder', { conversationId })),
    fetchPage: async (query) => (await ask('history', query)) ?? undefined,
    windowSize: pageSize * WINDOW_PAGES,
  });
  const handle: Handle = {
    conversationId,
    item,
    messages,
    send: (message, sendOptions = {}) => outbox.send(conversationId, message, sendOptions),
    edit: ({ senderId, clientMessageId }, message, { commandId, expectedVersion } = {}) => {
      const target = {
        senderId: parseUserId(senderId, 'senderId'),
        clientMessageId: parseCommandId(clientMessageId, 'clientMessageId'),
      };
      const edit = { target, ...(expectedVersion !== undefined && { expectedVersion }) };
      const stored = outbox.edit(conversationId, edit, message, commandId).then(() => undefined);
      // Need not be awaited.
      stored.catch(() => undefined);
      return { stored };
    },
    markRead: (readSeq) => whenCommitted(ask('markRead', { conversationId, readSeq: readSeq ?? null })),
    members: () => ask('members', { conversationId }),
    addMembers: (memberIds) => command('addMembers', { conversationId, memberIds: [...memberIds] }),
    removeMembers: (memberIds) => command('removeMembers', { conversationId, memberIds: [...memberIds] }),
    leave: () => command('leave', { conversationId }),
  };
  return { handle, messages };
}
