import {
  type Content,
  type ContentMap,
  type ConversationSeq,
  type Event,
  type JsonValue,
  type Quote,
  type Register,
  TidemarkError,
  type UnknownContent,
} from '@tidemark/core';
import type { ConversationHandle } from '../client.ts';
import { type HandleParts, handleParts } from '../handle-parts.ts';
import { isMessage, messageNow, settingsOf } from '../sync/registers.ts';
import { keyOf, type MessageItem, type StoredMessage } from './messages-view.ts';
import { createView, remembered, type View } from './view.ts';

/** A message that another replies to, as it is now. */
export type QuotedMessage<C> = Omit<Quote, 'conversationSeq' | 'message'> & {
  /** That of its row among `messages`, where it is there. */
  readonly key: string;
  /** For `loadAround`; `null`: it is a draft, with no place yet. */
  readonly conversationSeq: ConversationSeq | null;
  /** `null`: it is larger than servers quote (`limits.quoteBytes`), or was `revoked`. */
  readonly message: Content<C> | UnknownContent | null;
};

/** By the `key` of the items that reply to something; `null`: the quoted message is not here yet, or this user may not see it. */
export type Quotes<C> = ReadonlyMap<string, QuotedMessage<C> | null>;

type Handle = ConversationHandle<ContentMap, ContentMap, JsonValue>;
type Item = MessageItem<ContentMap, ContentMap>;
type Reply = { readonly key: string; readonly seq: number; readonly at: number };

const views = new WeakMap<Handle, View<Quotes<ContentMap>>>();

/**
 * What the messages of a conversation that are shown reply to, for as long as somebody looks; the same view each time. Quoted messages that
 * are not shown themselves come from the local store, and from the server when they are older than what is kept here. An edit of one
 * changes its quote at once.
 */
export function quotesOf<CIn, COut>(conversation: ConversationHandle<CIn, COut, never>): View<Quotes<COut>> {
  const handle = conversation as unknown as Handle;
  const parts = handleParts.get(handle);
  if (!parts) throw new TidemarkError('invalid_input', 'must be of a client', { field: 'conversation' });
  const view = views.get(handle) ?? createQuotes(handle, parts);
  views.set(handle, view);
  return view as View<Quotes<unknown>> as View<Quotes<COut>>;
}

function createQuotes(handle: Handle, parts: HandleParts): View<Quotes<ContentMap>> {
  const { conversationId, messages } = handle;
  const { replica, reader, ask, userId, pageSize } = parts;
  /** Quoted messages that are not shown themselves, by their place; `null`: this user may not see it. */
  let elsewhere = new Map<number, Quote | null>();
  /** Drafts and messages that were shown when a draft replied to them. */
  const shown = new Map<string, QuotedMessage<ContentMap>>();
  /** Up to where events have been looked through for edits. */
  let seenTo = 0;
  let { snapshots } = replica;
  let subscribers = 0;
  let release = (): void => undefined;
  let isBusy = false;

  const quoteOfItem = remembered((item: Item): QuotedMessage<ContentMap> => {
    const { key, senderId, clientMessageId, at, type, content } = item;
    const stored = item.status === 'stored' ? item : undefined;
    const head = { key, conversationSeq: stored?.conversationSeq ?? null, senderId, clientMessageId, at };
    if (item.revoked) return { ...head, message: null, revoked: item.revoked };
    const message = { type, content } as Content<ContentMap>;
    return { ...head, message, ...(stored?.edited && { edited: stored.edited }) };
  });
  const quoteOf = remembered((quote: Quote): QuotedMessage<ContentMap> => {
    const { senderId, clientMessageId, message } = quote;
    return { ...quote, key: keyOf(senderId, clientMessageId), message: message && reader.content(message) };
  });

  const view = createView<Quotes<ContentMap>>((before) => {
    const { items } = messages.getSnapshot();
    const byKey = new Map(items.map((item) => [item.key, item]));
    const byPlace = placesOf(items);
    const quotes = new Map<string, QuotedMessage<ContentMap> | null>();
    for (const { key, replyTo } of items) {
      if (!replyTo) continue;
      if ('seq' in replyTo) {
        const item = byPlace.get(replyTo.seq);
        const quote = elsewhere.get(replyTo.seq);
        quotes.set(key, item ? quoteOfItem(item) : quote ? quoteOf(quote) : null);
      } else {
        const target = keyOf(replyTo.senderId, replyTo.clientMessageId);
        const item = byKey.get(target);
        if (item) shown.set(target, quoteOfItem(item));
        quotes.set(key, shown.get(target) ?? null);
      }
    }
    return before && isSame(before, quotes) ? before : quotes;
  });

  /** Replies whose quoted message is neither shown nor here yet. */
  function missing(): Reply[] {
    const { items } = messages.getSnapshot();
    const byPlace = placesOf(items);
    return items.flatMap((item) => {
      if (item.status !== 'stored' || !item.replyTo) return [];
      const { seq } = item.replyTo;
      return byPlace.has(seq) || elsewhere.has(seq) ? [] : { key: item.key, seq, at: item.conversationSeq };
    });
  }

  function end(): number {
    return replica.rows.get(conversationId)?.local?.to ?? 0;
  }

  /** One at a time, so that what is loaded meets every edit that came since it was asked for. */
  async function work(): Promise<void> {
    if (isBusy || subscribers === 0) return;
    isBusy = true;
    try {
      for (let isMore = true; isMore && subscribers > 0; ) {
        if (replica.snapshots !== snapshots) {
          snapshots = replica.snapshots;
          elsewhere = new Map();
        }
        if (elsewhere.size + shown.size === 0) seenTo = end();
        isMore = (await followEdits()) || (await load(missing()));
        if (isMore) view.change();
      }
    } catch {
      // The server cannot be asked now: with the next change, or when it can be.
    } finally {
      isBusy = false;
    }
  }

  /** False where nothing came. */
  async function followEdits(): Promise<boolean> {
    const [after, to] = [seenTo, end()];
    if (to <= after) return false;
    const events = await replica.events({ conversationId, after, limit: to - after });
    seenTo = to;
    for (const register of settingsOf(events, userId)) {
      const quote = elsewhere.get(register.target);
      if (quote) elsewhere.set(register.target, changedBy(quote, register));
    }
    forgetRevoked(events);
    return true;
  }

  /** What drafts reply to, where it is no longer shown. */
  function forgetRevoked(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type !== 'message.revoked') continue;
      const { actorId: by, at, reason } = event;
      for (const { senderId, clientMessageId } of event.targets) {
        const key = `${senderId}/${clientMessageId}`;
        const quote = shown.get(key);
        if (quote) shown.set(key, { ...withoutSaid(quote), revoked: { by, at, reason } });
      }
    }
  }

  /** False where nothing is missing. */
  async function load([first, ...others]: readonly Reply[]): Promise<boolean> {
    if (!first) return false;
    for (const { seq } of [first, ...others]) {
      const quote = await kept(seq);
      if (quote) elsewhere.set(seq, quote);
    }
    const rest = [first, ...others].filter(({ seq }) => !elsewhere.has(seq));
    if (rest.length === 0) return true;
    const after = Math.min(...rest.map(({ at }) => at)) - 1;
    const page = await ask('history', { conversationId, after, limit: pageSize });
    const events = page?.events ?? [];
    for (const quote of [...(page?.quotes ?? []), ...events.flatMap(quoteIn)]) {
      elsewhere.set(quote.conversationSeq, quote);
    }
    // Whose reply was on the page, and who was not: this user may not see it.
    const places = new Set(events.map((event) => event.conversationSeq as number));
    for (const { seq, at } of rest) if (places.has(at) && !elsewhere.has(seq)) elsewhere.set(seq, null);
    return places.has(after + 1);
  }

  /** From the local store. */
  async function kept(seq: number): Promise<Quote | undefined> {
    const [event] = await replica.events({ conversationId, after: seq - 1, limit: 1 });
    return event?.conversationSeq === seq ? quoteIn(event)[0] : undefined;
  }

  function changed(): void {
    view.change();
    void work();
  }

  return {
    getSnapshot: () => {
      // Without a subscriber nobody says that it changed.
      if (subscribers === 0) view.change();
      return view.getSnapshot();
    },
    subscribe: (listener) => {
      const unsubscribe = view.subscribe(listener);
      let isSubscribed = true;
      subscribers += 1;
      if (subscribers === 1) release = messages.subscribe(changed);
      void work();
      return () => {
        if (!isSubscribed) return;
        isSubscribed = false;
        unsubscribe();
        subscribers -= 1;
        if (subscribers > 0) return;
        release();
        elsewhere = new Map();
      };
    },
  };
}

function placesOf(items: readonly Item[]): Map<number, StoredMessage<ContentMap>> {
  return new Map(items.flatMap((item) => (item.status === 'stored' ? [[item.conversationSeq, item]] : [])));
}

/** The event as it is quoted, if it is a message. */
function quoteIn(event: Event): Quote[] {
  if (!isMessage(event)) return [];
  const { conversationSeq, senderId, clientMessageId, at, edited, revoked, type, content } = messageNow(event);
  const head = { conversationSeq, senderId, clientMessageId, at };
  if (revoked) return [{ ...head, message: null, revoked }];
  return [{ ...head, message: { type, content } as Content<ContentMap>, ...(edited && { edited }) }];
}

/** The higher version stands, and a tombstone whatever comes. */
function changedBy(quote: Quote, { name, value }: Register): Quote {
  if (quote.revoked) return quote;
  if (name === 'revoked' && value) return { ...withoutSaid(quote), revoked: value };
  if (name !== 'content' || !value || value.version <= (quote.edited?.version ?? 1)) return quote;
  const { message, version, at } = value;
  return { ...quote, message, edited: { version, at } };
}

function withoutSaid<Q extends Pick<Quote, 'edited' | 'message'>>({
  edited: _,
  ...quote
}: Q): Omit<Q, 'edited'> & { message: null } {
  return { ...quote, message: null };
}

function isSame<C>(a: Quotes<C>, b: Quotes<C>): boolean {
  return a.size === b.size && [...a].every(([key, quote]) => b.has(key) && b.get(key) === quote);
}
