import type { ConversationId, Event, HistoryPage, Register, UserId } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import { bySeq } from '../local-store/event-chunks.ts';
import type { LocalEventsQuery } from '../local-store/local-store.ts';
import { isMessage, joinRegisters, type MessageEvent, settingsOf } from '../sync/registers.ts';
import { dropNewest, dropOldest, type MessageSpan, takeIn } from './message-span.ts';

/** A page of the server's, or of the local store. */
type Page = Omit<HistoryPage, 'quotes'>;

/** Where the messages of one conversation come from. */
export interface MessageSource {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly row: () => ConversationRow | undefined;
  /** Of the local store. */
  readonly events: (query: LocalEventsQuery) => Promise<Event[]>;
  /** Resolves when the local store is loaded. */
  readonly ready: () => Promise<void>;
  /** Brings the page before what is local into the local store; false when the conversation does not exist. */
  readonly fetchOlder: () => Promise<boolean>;
  /** A page from the server that is not kept; `undefined` when the conversation does not exist. */
  readonly fetchPage: (query: LocalEventsQuery) => Promise<Page | undefined>;
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
  const { conversationId, userId, row, pageSize, windowSize } = source;
  let span: MessageSpan | undefined;
  let exists = true;
  /** The load that was asked for last, those before it in line. */
  let loading: { readonly kind: string; readonly done: Promise<void> } | undefined;
  /** Another object after `forget`: what was asked before it is dropped. */
  let session = {};
  /** Came in during a load that may not have read it. */
  let incoming: MessageEvent[] = [];
  let incomingRegisters: Register[] = [];
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
        incoming = incomingRegisters = [];
        if (isCurrent()) await run(isCurrent);
      })
      .finally(() => {
        if (loading?.done !== done) return;
        loading = undefined;
        incoming = incomingRegisters = [];
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

  /** A page of the stretch that is kept here, or of the server's; `undefined`: it knows no such conversation. */
  async function read(query: Omit<LocalEventsQuery, 'conversationId'>, isKept: boolean): Promise<Page | undefined> {
    const asked = { conversationId, ...query };
    if (!isKept) return source.fetchPage(asked);
    const events = await source.events(asked);
    return { events, registers: [], asOf: 0, hasMore: events.length >= query.limit };
  }

  /** What a page brings that was asked for with `before`. */
  function olderPart({ events, hasMore }: Page, before: number, isKept: boolean) {
    const start = (isKept && row()?.local?.from) || 1;
    const from = hasMore ? Math.max(start, Math.min(before, ...seqsOf(events))) : start;
    return { from, isStart: !isKept && !hasMore, messages: joined(messagesOf(events, start), incomingRegisters) };
  }

  /** What a page brings that was asked for with `after`; one of the server's ends where the kept stretch begins. */
  function newerPart({ events, hasMore }: Page, after: number, isKept: boolean) {
    const kept = row()?.local;
    const end = isKept ? (kept?.to ?? after) : (kept?.from ?? Infinity) - 1;
    return {
      to: hasMore ? Math.min(end, Math.max(after, ...seqsOf(events))) : end,
      isEnd: isKept && !hasMore,
      messages: joined(messagesOf(events, after + 1), incomingRegisters).filter(
        (message) => message.conversationSeq <= end,
      ),
    };
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

  function begin(next: MessageSpan): void {
    span = next.isEnd ? takeIn(next, incoming) : next;
    facing = 'newer';
  }

  async function toNewest(isCurrent: () => boolean): Promise<void> {
    const isSome = await hasLocal(isCurrent);
    if (!isCurrent()) return;
    if (!isSome) {
      if (exists) begin({ from: 1, to: 0, isStart: true, isEnd: true, messages: [] });
      return;
    }
    const page = await read({ limit: pageSize }, true);
    const range = row()?.local;
    if (!isCurrent() || !page || !range) return;
    begin({ ...olderPart(page, Infinity, true), to: range.to, isEnd: true });
    if (span?.messages.length !== 0) return;
    await toOlder(isCurrent);
    // Looking for something to begin with is not going there.
    facing = 'newer';
  }

  async function toOlder(isCurrent: () => boolean): Promise<void> {
    facing = 'older';
    for (let found = false; span && !found && hasOlder(); ) {
      const before = span.from;
      const start = row()?.local?.from ?? before;
      const isKept = before >= start;
      if (before === start) await fetchOlder(isCurrent);
      const page = await read({ before, limit: pageSize }, isKept);
      if (!isCurrent() || !span || !page || (isKept && !row()?.local)) return;
      const part = olderPart(page, before, isKept);
      span = dropNewest({ ...span, ...part, messages: [...part.messages, ...span.messages] }, windowSize);
      found = part.messages.length > 0 || part.from === before;
    }
  }

  async function toNewer(isCurrent: () => boolean): Promise<void> {
    facing = 'newer';
    for (let found = false; span && !span.isEnd && !found; ) {
      const after = span.to;
      const edge = row()?.local?.from;
      if (edge === undefined) return;
      const isKept = after >= edge - 1;
      const page = await read({ after, limit: pageSize }, isKept);
      if (!isCurrent() || !span || !page) return;
      const part = newerPart(page, after, isKept);
      span = dropOldest({ ...span, ...part, messages: [...span.messages, ...part.messages] }, windowSize);
      if (span.isEnd) span = takeIn(span, incoming);
      found = part.messages.length > 0 || part.to === after;
    }
  }

  async function toAround(seq: number, isCurrent: () => boolean): Promise<void> {
    if (span && seq >= span.from && (span.isEnd || seq <= span.to)) return;
    if (!(await hasLocal(isCurrent)) || !isCurrent()) return toNewest(isCurrent);
    // A near one: the stretch that is kept grows.
    if (seq < localStart() && seq >= localStart() - pageSize) await fetchOlder(isCurrent);
    const isKept = seq >= localStart();
    const limit = Math.ceil(pageSize / 2);
    const pages = [read({ before: seq + 1, limit }, isKept), read({ after: seq, limit }, isKept)] as const;
    const [older, newer] = await Promise.all(pages);
    if (!isCurrent() || !older || !newer) return;
    const below = olderPart(older, seq + 1, isKept);
    const above = newerPart(newer, seq, isKept);
    begin({ ...above, ...below, messages: [...below.messages, ...above.messages] });
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
      const registers = settingsOf(events, userId);
      incomingRegisters = [...incomingRegisters, ...registers];
      if (span && registers.length > 0) span = { ...span, messages: joined(span.messages, registers) };
      if (loading) incoming.push(...messages.filter((message) => message.conversationSeq >= range.from));
      const seqs = seqsOf(events);
      const isAll = Math.min(...seqs) === range.from && Math.max(...seqs) === range.to;
      // What came now is all that is local, so there is nothing to load. Another tab may bring older ones alone. Or what is kept
      // begins anew, with another stay of the user.
      const isAnew = span?.isEnd && span.to < range.from;
      if (isAnew || (!span && isAll))
        span = { from: range.from, to: range.to, isStart: false, isEnd: true, messages: [] };
      if (!span?.isEnd) return;
      const next = takeIn(span, messages);
      if (next.messages.length <= windowSize + pageSize) span = next;
      else if (facing === 'older') span = { ...span, isEnd: false };
      else span = dropOldest(next, windowSize);
    },
    forget: () => {
      span = undefined;
      exists = true;
      session = {};
      loading = undefined;
      incoming = incomingRegisters = [];
    },
  };
}

/** Ascending. */
function messagesOf(events: readonly Event[], from: number): MessageEvent[] {
  return events
    .filter(isMessage)
    .filter((event) => event.conversationSeq >= from)
    .sort(bySeq);
}

function joined(messages: readonly MessageEvent[], registers: readonly Register[]): MessageEvent[] {
  return messages.map((message) => joinRegisters(message, registers));
}

function seqsOf(events: readonly Event[]): number[] {
  return events.map((event) => event.conversationSeq);
}
