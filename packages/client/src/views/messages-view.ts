import type {
  CommandId,
  Content,
  ContentMap,
  ConversationId,
  Event,
  MessageSent,
  Receipt,
  TidemarkError,
  UserId,
} from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import type { LocalChanges, LocalEventsQuery } from '../local-store/local-store.ts';
import type { Reader, ReceivedMessage } from '../received.ts';
import type { OutboxEntry } from '../send/outbox-entries.ts';
import type { UploadingAttachment } from '../send/uploads.ts';
import { createView, type View } from './view.ts';

/** A message that the server has. */
export type StoredMessage<C> = { readonly key: string; readonly status: 'stored' } & ReceivedMessage<C>;

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
  /** Why it failed. */
  readonly error: TidemarkError | null;
  /** What is uploaded before it is sent. */
  readonly attachments: readonly UploadingAttachment[];
} & Content<C>;

/**
 * One line of a conversation: narrow on `status`, and on `type` to get at the typed `content`. `key` stays the same when
 * a draft becomes a stored message.
 */
export type MessageItem<CIn, COut> = StoredMessage<COut> | DraftMessage<CIn>;

export interface MessagesSnapshot<CIn, COut> {
  /** Oldest first; drafts last. */
  readonly items: readonly MessageItem<CIn, COut>[];
  /** Whether `loadOlder` may bring more. */
  readonly hasOlder: boolean;
  /** Whether there are newer messages than those of the window, which `loadNewer` or `loadNewest` bring. */
  readonly hasNewer: boolean;
  /** A page is being loaded. */
  readonly loading: boolean;
  /** Something was loaded: when `items` is empty, the conversation is. */
  readonly loaded: boolean;
  /** Events known to exist above the newest one here: they are on their way. `null`: none missing. */
  readonly gap: { readonly after: number; readonly upTo: number } | null;
}

export interface MessagesView<CIn, COut> extends View<MessagesSnapshot<CIn, COut>> {
  /**
   * Loads the page before the oldest message shown: from the local store, else from the server. Rejects with a
   * TidemarkError when the server cannot be asked. The first subscriber loads the newest page by itself.
   */
  loadOlder(): Promise<void>;
  /** Loads the page after the newest message of the window. */
  loadNewer(): Promise<void>;
  /**
   * Loads the messages around a conversationSeq: the first unread one, a search hit, what was quoted. Resolves when it is
   * among `items`, if there is a message of that number and the user may see it.
   */
  loadAround(conversationSeq: number): Promise<void>;
  /** Back to the newest messages. */
  loadNewest(): Promise<void>;
}

export interface MessagesViewOptions {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly reader: Reader;
  readonly row: () => ConversationRow | undefined;
  readonly drafts: () => readonly OutboxEntry[];
  readonly events: (query: LocalEventsQuery) => Promise<Event[]>;
  /** Resolves when the local store is loaded. */
  readonly ready: () => Promise<void>;
  /** Brings one page from the server into the local store; false when the conversation does not exist. */
  readonly fetchOlder: () => Promise<boolean>;
  readonly pageSize: number;
}

export interface LiveMessagesView extends MessagesView<ContentMap, ContentMap> {
  /** Takes in a committed change, without telling listeners yet. */
  merge(changes: LocalChanges): void;
  /** Something of it changed: tells the listeners. */
  change(): void;
}

type Item = MessageItem<ContentMap, ContentMap>;

/** Nothing is loaded: every local event is above it. */
const NOTHING_LOADED = Number.POSITIVE_INFINITY;

export function createMessagesView(options: MessagesViewOptions): LiveMessagesView {
  const { conversationId, userId, reader, row, drafts, pageSize } = options;
  const stored = new Map<number, MessageSent>();
  /** Local events from here on are in `stored`. */
  let floor = NOTHING_LOADED;
  /** Somebody looks, or has asked for a page: changes are taken in. Another object each time. */
  let session: object | undefined;
  let subscribers = 0;
  let reload = false;
  let exists = true;
  let loading: Promise<void> | undefined;
  const storedItems = new WeakMap<MessageSent, Item>();
  const draftItems = new WeakMap<OutboxEntry, Item>();

  const view = createView<MessagesSnapshot<ContentMap, ContentMap>>(() => {
    const known = row();
    const messages = [...stored.values()].sort((a, b) => a.conversationSeq - b.conversationSeq);
    const items = messages.map(storedItem);
    const keys = new Set(items.map((item) => item.key));
    // A draft whose message is here is about to be dropped by the outbox.
    items.push(
      ...drafts()
        .map(draftItem)
        .filter((item) => !keys.has(item.key)),
    );
    const local = known?.local ?? null;
    return {
      items,
      hasOlder: exists && !(known?.reachedStart === true && floor <= (local?.from ?? NOTHING_LOADED)),
      hasNewer: false,
      loading: loading !== undefined,
      loaded: !exists || floor !== NOTHING_LOADED || known?.reachedStart === true,
      gap: local && known && known.head > local.to ? { after: local.to, upTo: known.head } : null,
    };
  });

  function storedItem(event: MessageSent): Item {
    let item = storedItems.get(event);
    if (!item) {
      const message = reader.messageOf(event);
      item = { key: keyOf(message.senderId, message.clientMessageId), status: 'stored', ...message };
      storedItems.set(event, item);
    }
    return item;
  }

  function draftItem(entry: OutboxEntry): Item {
    let item = draftItems.get(entry);
    if (!item) {
      const { draft, status, receipt, error, attachments } = entry;
      const { clientMessageId, message, at } = draft;
      const key = keyOf(userId, clientMessageId);
      const head = { key, status, clientMessageId, conversationId, senderId: userId, at, receipt, error, attachments };
      item = { ...head, ...message };
      draftItems.set(entry, item);
    }
    return item;
  }

  function put(events: readonly Event[]): void {
    for (const event of events) if (event.type === 'message.sent') stored.set(event.conversationSeq, event);
  }

  /** The next older local page; false when the local store has no older one that joins. */
  async function loadLocal(own: object): Promise<boolean> {
    const local = row()?.local;
    if (!local || floor <= local.from) return false;
    const found = await options.events({
      conversationId,
      limit: pageSize,
      ...(floor !== NOTHING_LOADED && { before: floor }),
    });
    const from = row()?.local?.from;
    if (from === undefined || session !== own) return false;
    const page = found.filter((event) => event.conversationSeq >= from);
    const oldest = page.at(-1)?.conversationSeq;
    put(page);
    floor = page.length < pageSize || oldest === undefined ? from : oldest;
    return true;
  }

  async function load(own: object): Promise<void> {
    await options.ready();
    if (await loadLocal(own)) return;
    if (session !== own || row()?.reachedStart) return;
    exists = await options.fetchOlder();
    if (exists) await loadLocal(own);
  }

  function loadOlder(): Promise<void> {
    session ??= {};
    if (loading) return loading;
    const mine = load(session).finally(() => {
      if (loading !== mine) return;
      loading = undefined;
      view.change();
    });
    loading = mine;
    view.change();
    return mine;
  }

  async function loadAround(conversationSeq: number): Promise<void> {
    while (floor > conversationSeq && view.getSnapshot().hasOlder) await loadOlder();
  }

  /** Everything up to the newest message is in the window. */
  async function loadNewest(): Promise<void> {
    if (floor === NOTHING_LOADED) await loadOlder();
  }

  /** When the server cannot be asked now, the newest messages come with the feed, and older ones with `loadOlder`. */
  function loadUnasked(): void {
    loadOlder().catch(() => undefined);
  }

  function forget(): void {
    stored.clear();
    floor = NOTHING_LOADED;
    loading = undefined;
  }

  return {
    getSnapshot: view.getSnapshot,
    subscribe: (listener) => {
      const unsubscribe = view.subscribe(listener);
      let isSubscribed = true;
      subscribers += 1;
      if (!session) loadUnasked();
      return () => {
        if (!isSubscribed) return;
        isSubscribed = false;
        unsubscribe();
        subscribers -= 1;
        if (subscribers > 0) return;
        // Nobody looks: what is local is read again when somebody does.
        session = undefined;
        forget();
      };
    },
    loadOlder,
    loadNewer: loadNewest,
    loadAround,
    loadNewest,
    merge: (changes) => {
      if (changes.replace) {
        forget();
        exists = true;
        if (session) session = {};
        reload = subscribers > 0;
      }
      if (changes.conversations?.some((each) => each.conversationId === conversationId)) exists = true;
      const from = row()?.local?.from;
      const own = (changes.events ?? []).filter((event) => event.conversationId === conversationId);
      if (!session || from === undefined || own.length === 0) return;
      // What came now begins what is local, so it is all there is.
      if (floor === NOTHING_LOADED && own.some((event) => event.conversationSeq === from)) floor = from;
      if (floor === NOTHING_LOADED && !loading) return;
      put(own.filter((event) => event.conversationSeq >= (floor === NOTHING_LOADED ? from : floor)));
    },
    change: () => {
      view.change();
      if (!reload) return;
      reload = false;
      loadUnasked();
    },
  };
}

function keyOf(senderId: string, clientMessageId: string): string {
  return `${senderId}/${clientMessageId}`;
}
