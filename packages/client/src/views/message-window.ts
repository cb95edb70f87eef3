import type { ConversationId, Event, HistoryPage, MessageSent } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import { bySeq } from '../local-store/event-chunks.ts';
import type { LocalEventsQuery } from '../local-store/local-store.ts';
import { append, type MessageSpan, prepend, takeIn } from './message-span.ts';

/** Where the messages of one conversation come from. */
export interface MessageSource {
  readonly conversationId: ConversationId;
  readonly row: () => ConversationRow | undefined;
  /** Of the local store. */
  readonly events: (query: LocalEventsQuery) => Promise<Event[]>;
  /** Resolves when the local store is loaded. */
  readonly ready: () => Promise<void>;
  /** Brings the page before what is local into the local store; false when the conversation does not exist. */
  readonly fetchOlder: () => Promise<boolean>;
  /** A page from the server that is not kept; `undefined` when the conversation does not exist. */
  readonly fetchPage: (query: LocalEventsQuery) => Promise<HistoryPage | undefined>;
  readonly pageSize: number;
  /** Messages kept in memory. */
  readonly windowSize: number;
}

/**
 * The part of a conversation that is in memory. It is moved by pages and never grows beyond `windowSize` (and a page): what
 * leaves at one end is loaded again when it is asked for. The local store has one stretch of a conversation, up to the
 * newest event; a window around something older is read from the server, page by page, until it meets that stretch.
 */
export interface MessageWindow {
  readonly span: MessageSpan | undefined;
  /** False when the server does not know the conversation. */
  readonly exists: boolean;
  readonly hasOlder: boolean;
  readonly loading: boolean;
  older(): Promise<void>;
  newer(): Promise<void>;
  newest(): Promise<void>;
  around(conversationSeq: number): Promise<void>;
  /** A committed change of the local store. */
  takeIn(events: readonly Event[]): void;
  /** Drops everything; loads under way come to nothing, but for `around`, which begins again. */
  forget(): void;
}

export function createMessageWindow(source: MessageSource, onChange: () => void): MessageWindow {
  const { conversationId, row, pageSize, windowSize } = source;
  let span: MessageSpan | undefined;
  let exists = true;
  /** The load that was asked for last, those before it in line. */
  let loading: { readonly kind: string; readonly done: Promise<void> } | undefined;
  /** Another object after `forget`: what was asked before it is dropped. */
  let session = {};
  /** Came in during a load that may not have read it. */
  let incoming: MessageSent[] = [];
  /** Which way somebody went last: that end of a full window stays. */
  let facing: 'older' | 'newer' = 'newer';

  function load(kind: string, run: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    if (loading?.kind === kind) return loading.done;
    const own = session;
    const isCurrent = (): boolean => session === own;
    const before = loading?.done.catch(() => undefined) ?? source.ready();
    const done = before
      .then(async () => {
        await source.ready();
        incoming = [];
        if (isCurrent()) await run(isCurrent);
      })
      .finally(() => {
        if (loading?.done !== done) return;
        loading = undefined;
        incoming = [];
        onChange();
      });
    loading = { kind, done };
    onChange();
    return done;
  }

  function hasOlder(): boolean {
    const known = row();
    if (!exists) return false;
    if (!span) return known?.reachedStart !== true || known.local !== null;
    if (span.isStart || span.from <= 1) return false;
    return !(known?.reachedStart && span.from <= (known.local?.from ?? Infinity));
  }

  function local(query: Omit<LocalEventsQuery, 'conversationId'>): Promise<Event[]> {
    return source.events({ conversationId, ...query });
  }

  /** Makes sure that something is local; false when there is nothing. */
  async function hasLocal(isCurrent: () => boolean): Promise<boolean> {
    if (!row()?.local && !row()?.reachedStart) await fetchOlder(isCurrent);
    return (row()?.local ?? null) !== null;
  }

  async function fetchOlder(isCurrent: () => boolean): Promise<void> {
    const found = await source.fetchOlder();
    if (isCurrent()) exists = found;
  }

  function begin(next: Omit<MessageSpan, 'isStart'>, isStart = false): void {
    span = next.isEnd ? takeIn({ ...next, isStart }, incoming) : { ...next, isStart };
    facing = 'newer';
  }

  async function toNewest(isCurrent: () => boolean): Promise<void> {
    const isSome = await hasLocal(isCurrent);
    if (!isCurrent()) return;
    if (!isSome) {
      if (exists) begin({ from: 1, to: 0, isEnd: true, messages: [] }, true);
      return;
    }
    const page = await local({ limit: pageSize });
    const range = row()?.local;
    if (!isCurrent() || !range) return;
    begin({ from: floorOf(page, range.from), to: range.to, isEnd: true, messages: messagesOf(page, range.from) });
    if (span?.messages.length !== 0) return;
    await toOlder(isCurrent);
    // Looking for something to begin with is not going there.
    facing = 'newer';
  }

  async function toOlder(isCurrent: () => boolean): Promise<void> {
    facing = 'older';
    for (let found = false; span && !found && hasOlder(); ) {
      if (span.from < (row()?.local?.from ?? 0)) found = await olderFromServer(span.from, isCurrent);
      else found = await olderFromLocal(span.from, isCurrent);
      if (!isCurrent()) return;
    }
  }

  async function olderFromLocal(before: number, isCurrent: () => boolean): Promise<boolean> {
    if (before <= (row()?.local?.from ?? before)) await fetchOlder(isCurrent);
    const page = await local({ before, limit: pageSize });
    const range = row()?.local;
    if (!isCurrent() || !span || !range) return true;
    const messages = messagesOf(page, range.from);
    const from = floorOf(page, range.from);
    span = prepend(span, { from, isStart: false, messages }, windowSize);
    return messages.length > 0 || from === before;
  }

  async function olderFromServer(before: number, isCurrent: () => boolean): Promise<boolean> {
    const page = await source.fetchPage({ conversationId, before, limit: pageSize });
    if (!isCurrent() || !span || !page) return true;
    const messages = messagesOf(page.events, 0);
    const from = page.hasMore ? lowest(page.events, before) : 1;
    span = prepend(span, { from, isStart: !page.hasMore, messages }, windowSize);
    return messages.length > 0 || from === before;
  }

  async function toNewer(isCurrent: () => boolean): Promise<void> {
    facing = 'newer';
    for (let found = false; span && !span.isEnd && !found; ) {
      const after = span.to;
      const edge = row()?.local?.from;
      if (edge === undefined) return;
      const page = after >= edge - 1 ? await newerFromLocal(after) : await newerFromServer(after);
      if (!isCurrent() || !span || !page) return;
      span = append(span, page, windowSize);
      if (span.isEnd) span = takeIn(span, incoming);
      found = page.messages.length > 0 || page.to === after;
    }
  }

  async function newerFromLocal(after: number) {
    const page = await local({ after, limit: pageSize });
    const end = row()?.local?.to ?? after;
    const isEnd = page.length < pageSize;
    return { to: isEnd ? end : highest(page, after), isEnd, messages: messagesOf(page, after + 1) };
  }

  /** Up to where the local stretch begins. */
  async function newerFromServer(after: number) {
    const page = await source.fetchPage({ conversationId, after, limit: pageSize });
    return page && joined(page, after);
  }

  function joined(page: HistoryPage, after: number) {
    const edge = row()?.local?.from ?? Infinity;
    const messages = messagesOf(page.events, after + 1).filter((message) => message.conversationSeq < edge);
    const reached = highest(page.events, after);
    return { to: reached >= edge || !page.hasMore ? edge - 1 : reached, isEnd: false, messages };
  }

  async function toAround(seq: number, isCurrent: () => boolean): Promise<void> {
    if (span && seq >= span.from && (span.isEnd || seq <= span.to)) return;
    if (!(await hasLocal(isCurrent)) || !isCurrent()) return toNewest(isCurrent);
    // A near one: the stretch that is kept grows.
    if (seq < localStart() && seq >= localStart() - pageSize) await fetchOlder(isCurrent);
    if (seq < localStart()) return aroundFromServer(seq, isCurrent);
    const limit = Math.ceil(pageSize / 2);
    const older = await local({ before: seq + 1, limit });
    const newer = await local({ after: seq, limit });
    const range = row()?.local;
    if (!isCurrent() || !range) return;
    begin({
      from: floorOf(older, range.from, limit),
      to: newer.length < limit ? range.to : highest(newer, seq),
      isEnd: newer.length < limit,
      messages: [...messagesOf(older, range.from), ...messagesOf(newer, range.from)],
    });
  }

  /** Nothing below it is here; nothing below 1 exists. */
  function localStart(): number {
    const known = row();
    return known?.reachedStart ? 1 : (known?.local?.from ?? 1);
  }

  /** Again, where everything was dropped meanwhile: who asked wants to see that message. */
  async function around(seq: number): Promise<void> {
    let asked: typeof session;
    do {
      asked = session;
      await load(`around ${seq}`, (isCurrent) => toAround(seq, isCurrent));
    } while (session !== asked);
  }

  async function aroundFromServer(seq: number, isCurrent: () => boolean): Promise<void> {
    const limit = Math.ceil(pageSize / 2);
    const [older, newer] = await Promise.all([
      source.fetchPage({ conversationId, before: seq + 1, limit }),
      source.fetchPage({ conversationId, after: seq, limit }),
    ]);
    if (!isCurrent() || !older || !newer) return;
    const from = older.hasMore ? lowest(older.events, seq + 1) : 1;
    const { to, messages } = joined(newer, seq);
    begin({ from, to, isEnd: false, messages: [...messagesOf(older.events, 0), ...messages] }, !older.hasMore);
  }

  function floorOf(page: readonly Event[], start: number, limit = pageSize): number {
    return page.length < limit ? start : Math.max(start, lowest(page, Infinity));
  }

  return {
    get span() {
      return span;
    },
    get exists() {
      return exists;
    },
    get hasOlder() {
      return hasOlder();
    },
    get loading() {
      return loading !== undefined;
    },
    older: () => load('older', (isCurrent) => (span ? toOlder(isCurrent) : toNewest(isCurrent))),
    newer: () => load('newer', (isCurrent) => (span ? toNewer(isCurrent) : toNewest(isCurrent))),
    newest: () => load('newest', async (isCurrent) => (span?.isEnd ? undefined : toNewest(isCurrent))),
    around,
    takeIn: (events) => {
      const range = row()?.local;
      if (events.length === 0 || !range) return;
      exists = true;
      const messages = messagesOf(events, 0);
      if (loading) incoming.push(...messages.filter((message) => message.conversationSeq >= range.from));
      const isAll = lowest(events, Infinity) === range.from && highest(events, 0) === range.to;
      // What came now is all that is local, so there is nothing to load. Another tab may bring older ones alone.
      if (!span && isAll) span = { from: range.from, to: range.to, isStart: false, isEnd: true, messages: [] };
      if (!span?.isEnd) return;
      const next = takeIn(span, messages);
      if (next.messages.length <= windowSize + pageSize) span = next;
      else if (facing === 'older') span = { ...span, isEnd: false };
      else span = append({ ...next, messages: [] }, next, windowSize);
    },
    forget: () => {
      span = undefined;
      exists = true;
      session = {};
      loading = undefined;
      incoming = [];
    },
  };
}

/** Ascending. */
function messagesOf(events: readonly Event[], from: number): MessageSent[] {
  return events
    .filter((event) => event.type === 'message.sent')
    .filter((event) => event.conversationSeq >= from)
    .sort(bySeq);
}

function lowest(events: readonly Event[], otherwise: number): number {
  return events.reduce((least, event) => Math.min(least, event.conversationSeq), otherwise);
}

function highest(events: readonly Event[], otherwise: number): number {
  return events.reduce((most, event) => Math.max(most, event.conversationSeq), otherwise);
}
