import {
  type CommandId,
  type Content,
  type ContentMap,
  type ConversationId,
  type MentionsInput,
  NEWEST_REACTORS,
  type Receipt,
  type Revoked,
  type TidemarkError,
  tombstone,
  type UnknownContent,
  type UserId,
} from '@tidemark/core';
import type { DraftReaction, DraftRevoke, DraftTarget, LocalChanges } from '../local-store/local-store.ts';
import type { ReactedReceivedMessage, Reader } from '../received.ts';
import { isOwnMessage, type OutboxEntry, targetOf } from '../send/outbox-entries.ts';
import type { UploadingAttachment } from '../send/uploads.ts';
import type { MessageEvent, MessageReaction } from '../sync/registers.ts';
import { createMessageWindow, type MessageSource } from './message-window.ts';
import { createView, remembered, type View } from './view.ts';

/** A message that the server has; while an edit of it is under way, with what that makes of it. */
export type StoredMessage<C, CIn = C> = {
  readonly key: string;
  readonly status: 'stored';
  readonly edit?: PendingEdit<CIn> | undefined;
} & ReactedReceivedMessage<C>;

/** An edit that is not stored yet. */
export interface PendingEdit<C> {
  /** `pending` will be sent (again), and is shown · `failed` refused for good: the message is shown as it is. */
  readonly status: 'pending' | 'failed';
  /** For `retry` and `discard`. */
  readonly clientMessageId: CommandId;
  /** What it says, also after it failed. */
  readonly message: Content<C>;
  /** Whom it mentions. */
  readonly mentions?: MentionsInput | undefined;
  /** Why it failed. */
  readonly error: TidemarkError | null;
}

/** A message of this user that is not here as a stored one yet. */
export type DraftMessage<C> = {
  readonly key: string;
  /** `pending` will be sent (again) · `sent` stored by the server · `failed` refused for good: retry or discard. */
  readonly status: 'pending' | 'sent' | 'failed';
  readonly clientMessageId: CommandId;
  readonly conversationId: ConversationId;
  readonly senderId: UserId;
  /** Milliseconds since 1970, by this device. */
  readonly at: number;
  readonly receipt: Receipt | null;
  /** The message that it replies to. */
  readonly replyTo?: DraftTarget | undefined;
  /** Whom it mentions. */
  readonly mentions?: MentionsInput | undefined;
  /** Why it failed. */
  readonly error: TidemarkError | null;
  /** Those of this user alone, which are sent behind it. */
  readonly reactions: readonly MessageReaction[];
  /** What is uploaded before it is sent. */
  readonly attachments: readonly UploadingAttachment[];
  /** It was on its way when the user revoked it: that is sent behind it. Of type `unknown` then. */
  readonly revoked?: Revoked | undefined;
} & (Content<C> | UnknownContent);

/**
 * One line of a conversation: narrow on `status`, and on `type` to get at the typed `content`. `key` stays the same when
 * a draft becomes a stored message.
 */
export type MessageItem<CIn, COut> = StoredMessage<COut, CIn> | DraftMessage<CIn>;

export interface MessagesSnapshot<CIn, COut> {
  /** Oldest first; drafts last, while the window reaches to the newest message. */
  readonly items: readonly MessageItem<CIn, COut>[];
  /** Whether `loadOlder` may bring more. */
  readonly hasOlder: boolean;
  /** Whether there are newer messages than those of the window, which `loadNewer` or `loadNewest` bring. */
  readonly hasNewer: boolean;
  /** A page is being loaded. */
  readonly loading: boolean;
  /** Something was loaded: when `items` is empty, the conversation is. */
  readonly loaded: boolean;
  /**
   * Events known to exist after the newest one here: they are on their way. `null`: none missing, or the window does not
   * reach that far.
   */
  readonly gap: { readonly after: number; readonly upTo: number } | null;
}

export interface MessagesView<CIn, COut> extends View<MessagesSnapshot<CIn, COut>> {
  /**
   * Loads the page before the oldest message shown: from the local store, else from the server. Rejects with a
   * TidemarkError when the server cannot be asked. The first subscriber loads the newest page by itself. A window holds ten
   * pages: what leaves it at the other end is loaded again when it is asked for.
   */
  loadOlder(): Promise<void>;
  /** Loads the page after the newest message of the window. */
  loadNewer(): Promise<void>;
  /**
   * Moves the window to the messages around a conversationSeq: the first unread one, a search hit, what was quoted. When it
   * resolves, that message is among `items`, if there is one of that number which the user may see.
   */
  loadAround(conversationSeq: number): Promise<void>;
  /** Back to the newest messages. */
  loadNewest(): Promise<void>;
}

export interface MessagesViewOptions extends MessageSource {
  readonly userId: UserId;
  readonly reader: Reader;
  readonly drafts: () => readonly OutboxEntry[];
  /** Somebody looks, or has asked for a page: commits have to be merged from now on. */
  readonly onUse: () => void;
  /** Nobody looks any more. */
  readonly onIdle: () => void;
}

export interface LiveMessagesView extends MessagesView<ContentMap, ContentMap> {
  /** Takes in a committed change, without telling listeners yet. */
  merge(changes: LocalChanges): void;
  /** Something of it changed: tells the listeners. */
  change(): void;
  /** The server can be asked again: what could not be loaded then is loaded now. */
  wake(): void;
  /** Frees what is loaded; it is read again when somebody looks. */
  forget(): void;
}

type Item = MessageItem<ContentMap, ContentMap>;

export function createMessagesView(options: MessagesViewOptions): LiveMessagesView {
  const { conversationId, userId, reader, row, drafts, onUse, onIdle } = options;
  const shown = createMessageWindow(options, () => view.change());
  let subscribers = 0;
  /** To do when a change is told: the window was dropped while somebody looked at it. */
  let reload: (() => Promise<void>) | undefined;
  const storedItem = remembered((event: MessageEvent): Item => {
    const message = reader.messageOf(event);
    return { key: keyOf(message.senderId, message.clientMessageId), status: 'stored', ...message };
  });
  const draftItem = remembered(({ draft, receipt, ...entry }: OutboxEntry): Item => {
    const { clientMessageId, message, at, replyTo, mentions } = draft;
    const key = keyOf(userId, clientMessageId);
    const sent = receipt?.messageId ? receipt : null;
    return {
      key,
      clientMessageId,
      conversationId,
      senderId: userId,
      at,
      replyTo,
      mentions,
      receipt: sent,
      reactions: [],
      ...entry,
      ...message,
    };
  });

  const overlaid = new WeakMap<Item, { readonly by: readonly OutboxEntry[]; readonly item: Item }>();
  const view = createView<MessagesSnapshot<ContentMap, ContentMap>>(() => {
    const { span, exists, hasOlder, loading } = shown;
    const known = row();
    const waiting = drafts();
    const said = new Map<string, OutboxEntry[]>();
    for (const each of waiting) {
      const target = targetOf(each.draft);
      if (!target) continue;
      const key = keyOf(target.senderId, target.clientMessageId);
      said.set(key, [...(said.get(key) ?? []), each]);
    }
    const asSaid = (item: Item): Item => withWaiting(item, said.get(item.key));
    const items = (span?.messages ?? []).map(storedItem).map(asSaid);
    const isEnd = span?.isEnd ?? true;
    if (isEnd) {
      const keys = new Set(items.map((item) => item.key));
      // A draft whose message is here is about to be dropped by the outbox.
      const unstored = waiting.filter(({ draft }) => isOwnMessage(draft)).map(draftItem);
      items.push(...unstored.filter((item) => !keys.has(item.key)).map(asSaid));
    }
    const end = known?.local?.to;
    const hasGap = isEnd && known !== undefined && end !== undefined && known.head > end;
    return {
      items,
      hasOlder,
      hasNewer: !isEnd,
      loading,
      loaded: !exists || span !== undefined,
      gap: hasGap ? { after: end, upTo: known.head } : null,
    };
  });

  /** The item with what is not stored yet of it; the same object for the same. */
  function withWaiting(item: Item, entries: readonly OutboxEntry[] | undefined): Item {
    if (!entries) return item;
    const known = overlaid.get(item);
    if (known?.by.length === entries.length && known.by.every((each, nth) => each === entries[nth])) return known.item;
    const made = entries.reduce(withEntry, item);
    overlaid.set(item, { by: entries, item: made });
    return made;
  }

  function withEntry(item: Item, entry: OutboxEntry): Item {
    const { edit, reaction, revoke } = entry.draft;
    if (edit) return withEdit(item, entry);
    if (reaction) return { ...item, reactions: reactionsAfter(item.reactions, reaction, userId) };
    return revoke ? withRevoke(item, revoke, entry.draft.at) : item;
  }

  function withRevoke(item: Item, { reason }: DraftRevoke, at: number): Item {
    const revoked = { by: userId, at, ...(reason !== undefined && { reason }) };
    const nothing = { edit: undefined, edited: undefined, replyTo: undefined, mentions: undefined, reactions: [] };
    return { ...item, ...nothing, ...tombstone(item as Receipt, revoked) } as Item;
  }

  function withEdit(item: Item, { draft, status: sent, error }: OutboxEntry): Item {
    const { clientMessageId, message, mentions } = draft;
    const status = sent === 'failed' ? 'failed' : 'pending';
    const said = status === 'pending' && { ...reader.content(message), mentions };
    return { ...item, ...said, edit: { status, clientMessageId, message, mentions, error } } as Item;
  }

  /** Holds the view while the load is under way, also when nobody looks. */
  async function using(load: () => Promise<void>): Promise<void> {
    onUse();
    try {
      await load();
    } finally {
      if (subscribers === 0 && !shown.loading) onIdle();
    }
  }

  /** When the server cannot be asked now, the newest messages come with the feed, and others when it can be. */
  function loadUnasked(load = shown.newest): void {
    using(load).catch(() => undefined);
  }

  /** Where the window is now: what somebody reads there is not taken away. */
  function loadAgain(): () => Promise<void> {
    const { span } = shown;
    if (!span || span.isEnd) return shown.newest;
    const middle = span.messages[span.messages.length >> 1]?.conversationSeq ?? span.to;
    return () => shown.around(middle);
  }

  return {
    getSnapshot: view.getSnapshot,
    subscribe: (listener) => {
      const unsubscribe = view.subscribe(listener);
      let isSubscribed = true;
      subscribers += 1;
      onUse();
      if (!shown.span && !shown.loading) loadUnasked();
      return () => {
        if (!isSubscribed) return;
        isSubscribed = false;
        unsubscribe();
        subscribers -= 1;
        if (subscribers === 0 && !shown.loading) onIdle();
      };
    },
    loadOlder: () => using(shown.older),
    loadNewer: () => using(shown.newer),
    loadAround: (conversationSeq) => using(() => shown.around(conversationSeq)),
    loadNewest: () => using(shown.newest),
    merge: ({ replace, events = [] }) => {
      if (replace) {
        reload = subscribers > 0 ? loadAgain() : undefined;
        shown.forget();
      }
      shown.takeIn(events.filter((event) => event.conversationId === conversationId));
    },
    change: () => {
      view.change();
      if (!reload) return;
      loadUnasked(reload);
      reload = undefined;
    },
    wake: () => {
      if (subscribers > 0 && !shown.span && !shown.loading) loadUnasked();
      view.change();
    },
    forget: () => {
      shown.forget();
      view.change();
    },
  };
}

/** The reactions of a message once the user's switch is stored. */
function reactionsAfter(
  reactions: readonly MessageReaction[],
  { key, on }: DraftReaction,
  userId: UserId,
): readonly MessageReaction[] {
  const known = reactions.find((each) => each.key === key) ?? { key, count: 0, mine: false, newest: [] };
  if (known.mine === on) return reactions;
  const others = known.newest.filter((each) => each !== userId);
  const newest = on ? [userId, ...others].slice(0, NEWEST_REACTORS) : others;
  const after = { key, count: known.count + (on ? 1 : -1), mine: on, newest };
  const all = reactions.includes(known)
    ? reactions.map((each) => (each === known ? after : each))
    : [...reactions, after];
  return all.filter(({ count }) => count > 0);
}

export function keyOf(senderId: string, clientMessageId: string): string {
  return `${senderId}/${clientMessageId}`;
}
