import { type ContentMap, type ConversationId, type JsonValue, parseCommandId, parseUserId } from '@tidemark/core';
import type { ConversationHandle, MessageIds, StoredHandle } from './client.ts';
import { type HandleParts, handleParts } from './handle-parts.ts';
import type { DraftTarget } from './local-store/local-store.ts';
import { createMessagesView, type LiveMessagesView } from './views/messages-view.ts';

type Handle = ConversationHandle<ContentMap, ContentMap, JsonValue>;

/** Pages that a messages view keeps in memory. */
const WINDOW_PAGES = 10;

/** What an application does in one conversation, and its messages as they are shown. */
export function createConversationHandle(
  conversationId: ConversationId,
  options: HandleParts,
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
    send: (message, { replyTo, ...sendOptions } = {}) =>
      outbox.send(conversationId, message, sendOptions, replyTo && targetOf(replyTo)),
    edit: (message, content, { commandId, expectedVersion, mentions } = {}) => {
      const edit = { target: targetOf(message), ...(expectedVersion !== undefined && { expectedVersion }) };
      return storing(outbox.edit(conversationId, edit, content, mentions, commandId));
    },
    react: (message, key, on = true, { commandId } = {}) => {
      const reaction = { target: targetOf(message), key, on };
      return storing(outbox.react(conversationId, reaction, commandId));
    },
    revoke: (message, { reason, commandId } = {}) => {
      const revoke = { target: targetOf(message), ...(reason !== undefined && { reason }) };
      return storing(outbox.revoke(conversationId, revoke, commandId));
    },
    setSettings: (settings, { commandId } = {}) => storing(outbox.set(conversationId, settings, commandId)),
    markRead: (readSeq) => {
      if (item.getSnapshot()?.settings.markedUnread) handle.setSettings({ markedUnread: false });
      return whenCommitted(ask('markRead', { conversationId, readSeq: readSeq ?? null }));
    },
    members: () => ask('members', { conversationId }),
    addMembers: (memberIds) => command('addMembers', { conversationId, memberIds: [...memberIds] }),
    removeMembers: (memberIds) => command('removeMembers', { conversationId, memberIds: [...memberIds] }),
    leave: () => command('leave', { conversationId }),
  };
  handleParts.set(handle, options);
  return { handle, messages };
}

function targetOf({ senderId, clientMessageId }: MessageIds): DraftTarget {
  return {
    senderId: parseUserId(senderId, 'senderId'),
    clientMessageId: parseCommandId(clientMessageId, 'clientMessageId'),
  };
}

/** Need not be awaited. */
function storing(done: Promise<unknown>): StoredHandle {
  const stored = done.then(() => undefined);
  stored.catch(() => undefined);
  return { stored };
}
