import {
  type ConversationHead,
  type ConversationId,
  type ConversationState,
  type ConversationSummary,
  type ConversationsQuery,
  commandKey,
  counts,
  countsAsMention,
  DEFAULT_SETTINGS,
  definitionOf,
  type Event,
  type EventRef,
  type HistoryQuery,
  type HistoryStore,
  type Membership,
  type MessageRegisters,
  type OwnersQuery,
  project,
  type Quote,
  type QuotesQuery,
  quoteOf,
  type Register,
  type RegisterKey,
  type RegisterName,
  type RegisterOf,
  type RegisterView,
  refKey,
  registerKey,
  SHOWN_REGISTERS,
  saidIn,
  UNREAD_SPAN,
  type UserId,
  withoutContent,
} from '@tidemark/core';
import { memoryRefusals } from './memory-refusals.ts';
import { type ConversationTable, createMemoryState, type MemoryState } from './memory-state.ts';
import { bytesOf, pageOf } from './page.ts';

/** A HistoryStore in memory. @param options.state contents to share; by default its own, empty. */
export function memoryHistory(options: { state?: MemoryState } = {}): HistoryStore {
  const state = options.state ?? createMemoryState();
  return {
    ...memoryRefusals(state),
    survives: 'nothing',
    open: async () => {},
    close: async () => {},
    identity: async () => state.identity,
    probe: async () => {},
    append: async (events, delivery) => {
      if (eventTaken(state, events)) return { conflict: 'event' };
      writeEvents(state, events);
      if (delivery) {
        markDelivered(state, delivery.delivered);
        for (const { conversationId, conversationSeq } of events) {
          const ref = { conversationId, conversationSeq };
          state.undelivered.set(refKey(ref), ref);
        }
      }
      return { conflict: undefined };
    },
    undelivered: async () => [...state.undelivered.values()],
    markDelivered: async (refs) => markDelivered(state, refs),
    load: async (conversationIds) => load(state, conversationIds),
    findByCommand: async (commands) => present(commands.map((key) => state.commands.get(commandKey(key)))),
    findByRef: async (refs, bytes) =>
      pageOf(present(refs.map((ref) => eventAt(state, ref))), { limit: refs.length, bytes }).items,
    findRegisters: async (keys) => registersAt(state, new Set(keys.map(registerKey))),
    findShown: async (views) => distinct(views.flatMap((view) => shownOf(state, view))),
    owners: async (query) => distinct(query.of.flatMap((group) => ownersOf(state, group, query))),
    memberships: async (conversationIds, userId) =>
      [...new Set(conversationIds)]
        .flatMap((id) => state.conversations.get(id)?.stays ?? [])
        .filter((stay) => userId === undefined || stay.userId === userId),
    range: async (query) => {
      const end = endOf(state, query);
      const shown = ({ conversationId, conversationSeq: target }: Event) =>
        shownOf(state, { conversationId, target, viewer: query.userId }, end);
      const { items, hasMore } = pageOf(visible(state, query), query, (event) => [
        event,
        shown(event).filter(({ owner }) => !owner),
      ]);
      return {
        events: items,
        registers: items.flatMap(shown),
        asOf: items.length > 0 ? end : 0,
        hasMore,
      };
    },
    quotes: async (query) => quotesOf(state, query),
    conversations: async (query) => {
      const { items, hasMore } = pageOf(listed(state, query), query);
      return { conversations: items, hasMore };
    },
    conversation: async (userId, conversationId, unread) => summarise(state, userId, conversationId, unread),
  };
}

function markDelivered(state: MemoryState, refs: readonly EventRef[]): void {
  for (const ref of refs) state.undelivered.delete(refKey(ref));
}

// ── Writing: look first, then write everything; nothing awaits in between, so a batch is all or nothing ───────────

/**
 * Whether a unique key of these events is taken, in the store or earlier in the same batch, or they don't follow the store's heads,
 * or mark what is above them.
 */
export function eventTaken(state: MemoryState, events: readonly Event[]): boolean {
  const { heads, reached } = project(events);
  const headOf = (conversationId: ConversationId): number => state.conversations.get(conversationId)?.head.head ?? 0;
  if (heads.some(({ conversationId, after }) => after !== headOf(conversationId))) return true;
  if (reached.some(({ conversationId, head }) => head > headOf(conversationId))) return true;
  const batch = new Set<string>();
  const taken = (key: string): boolean => batch.size === batch.add(key).size;
  return events.some((event) => {
    if (eventAt(state, event) || taken(`place ${event.conversationId} ${event.conversationSeq}`)) return true;
    const { actorId, commandId } = event;
    if (commandId === null) return false;
    return state.commands.has(commandKey({ actorId, commandId })) || taken(`command ${actorId} ${commandId}`);
  });
}

/** Writes events whose keys are free, and what follows from them. */
export function writeEvents(state: MemoryState, batch: readonly Event[]): void {
  const { events, erased, created, heads, joined, left, readMarks, registers } = project(batch);
  for (const event of events) writeEvent(state, event);
  for (const ref of erased) eraseMessage(state, ref);
  for (const conversation of created) tableOf(state, conversation.conversationId).conversation = conversation;
  for (const head of heads) {
    const table = tableOf(state, head.conversationId);
    table.head = {
      ...head,
      lastMessageSeq: head.lastMessageSeq ?? table.head.lastMessageSeq,
      activeAt: head.activeAt ?? table.head.activeAt,
    };
  }
  for (const { conversationId, userId, leftSeq } of left) {
    const { stays } = tableOf(state, conversationId);
    const open = stays.findIndex((stay) => stay.userId === userId && stay.leftSeq === null);
    if (open >= 0) stays[open] = { ...(stays[open] as Membership), leftSeq };
  }
  for (const stay of joined) {
    tableOf(state, stay.conversationId).stays.push(stay);
    const known = state.conversationsOf.get(stay.userId) ?? new Set();
    state.conversationsOf.set(stay.userId, known.add(stay.conversationId));
  }
  for (const { userId, conversationId, readSeq } of readMarks) {
    const key = markKey(userId, conversationId);
    state.readMarks.set(key, Math.max(readSeq, state.readMarks.get(key) ?? 0));
  }
  for (const register of registers) setRegister(state, register);
}

function writeEvent(state: MemoryState, event: Event): void {
  const { actorId, commandId } = event;
  tableOf(state, event.conversationId).log.set(event.conversationSeq, event);
  if (commandId !== null) state.commands.set(commandKey({ actorId, commandId }), event);
}

/** In the message and its edits, and with every register. */
function eraseMessage(state: MemoryState, message: EventRef): void {
  const { conversationId } = message;
  const target = `${conversationId} ${message.conversationSeq}`;
  const edits = registersAt(state, state.registerGroups.get(target) ?? []).filter(({ name }) => name === 'version');
  const places = [message, ...edits.map(({ seq }) => ({ conversationId, conversationSeq: seq }))];
  for (const event of present(places.map((place) => eventAt(state, place)))) writeEvent(state, withoutContent(event));
  for (const [group, keys] of state.registerGroups) {
    if (group !== target && !group.startsWith(`${target} `)) continue;
    for (const key of keys) state.registers.delete(key);
    state.registerGroups.delete(group);
  }
}

function setRegister(state: MemoryState, register: Register): void {
  const key = registerKey(register);
  if (register.seq <= (state.registers.get(key)?.seq ?? 0)) return;
  const group = state.registerGroups.get(groupOf(register)) ?? new Set();
  state.registerGroups.set(groupOf(register), group);
  state.registers.delete(key);
  group.delete(key);
  if (register.value === null) return;
  state.registers.set(key, register);
  group.add(key);
}

/** Owned registers stand with those of the same name and key, others with those of the same event. */
function groupOf({ conversationId, target, name, key, owner }: RegisterKey): string {
  return owner === null ? `${conversationId} ${target}` : `${conversationId} ${target} ${name} ${key}`;
}

function tableOf(state: MemoryState, conversationId: ConversationId): ConversationTable {
  let table = state.conversations.get(conversationId);
  if (!table) {
    const head = {
      conversationId,
      after: 0,
      head: 0,
      lastAt: 0,
      lastMessageSeq: null,
      activeAt: null,
    } as ConversationHead;
    table = { log: new Map(), stays: [], conversation: undefined, head };
    state.conversations.set(conversationId, table);
  }
  return table;
}

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The event at a place of the log. */
export function eventAt(state: MemoryState, ref: EventRef): Event | undefined {
  return state.conversations.get(ref.conversationId)?.log.get(ref.conversationSeq);
}

function load(state: MemoryState, conversationIds: readonly ConversationId[]): Map<ConversationId, ConversationState> {
  const states = new Map<ConversationId, ConversationState>();
  for (const id of conversationIds) {
    const table = state.conversations.get(id);
    if (!table?.conversation) continue;
    const { head, lastAt } = table.head;
    const open = table.stays.filter((stay) => stay.leftSeq === null);
    const members = new Map(open.map((stay) => [stay.userId, stay.joinedSeq]));
    states.set(id, { conversation: table.conversation, head, lastAt, members });
  }
  return states;
}

function visible(state: MemoryState, { userId, conversationId, after, before }: Omit<HistoryQuery, 'limit'>): Event[] {
  const table = state.conversations.get(conversationId);
  if (!table) return [];
  const events: Event[] = [];
  for (const stay of table.stays.filter((each) => each.userId === userId)) {
    const from = Math.max(stay.joinedSeq, (after ?? 0) + 1);
    const to = Math.min(stay.leftSeq ?? table.head.head, (before ?? Number.POSITIVE_INFINITY) - 1);
    for (let seq = from; seq <= to; seq++) {
      const event = table.log.get(seq);
      if (event) events.push(event);
    }
  }
  return after === undefined ? events.reverse() : events;
}

/** The last event that the user may know of: the newest, or that with which their last stay ended. */
function endOf(
  state: MemoryState,
  { userId, conversationId }: Pick<HistoryQuery, 'userId' | 'conversationId'>,
): number {
  const table = state.conversations.get(conversationId);
  const stays = table?.stays.filter((stay) => stay.userId === userId) ?? [];
  return Math.max(0, ...stays.map(({ leftSeq }) => leftSeq ?? table?.head.head ?? 0));
}

/** What a page carries of an event, as far as events up to `end` have set it. */
function shownOf(
  state: MemoryState,
  { conversationId, target, viewer }: RegisterView,
  end = Number.POSITIVE_INFINITY,
): Register[] {
  const group = state.registerGroups.get(`${conversationId} ${target}`) ?? [];
  const upToEnd = registersAt(state, group).filter(({ seq }) => seq <= end);
  return upToEnd.flatMap((register) => {
    if (!isShown(register.name)) return [];
    const name = SHOWN_REGISTERS[register.name];
    if (name === null) return [register];
    const own = state.registers.get(registerKey({ ...register, name, owner: viewer }));
    return own && own.seq <= end ? [register, own] : [register];
  });
}

function quotesOf(state: MemoryState, { userId, conversationId, seqs, bytes }: QuotesQuery): Quote[] {
  const end = endOf(state, { userId, conversationId });
  return [...new Set(seqs)].flatMap((seq) => {
    const [event] = visible(state, { userId, conversationId, after: seq - 1, before: seq + 1 });
    const sent = event && saidIn(event);
    if (!sent) return [];
    const registers = shownOf(state, { conversationId, target: seq, viewer: userId }, end);
    const now = registers.find((register) => register.name === 'content' || register.name === 'revoked');
    const said = now?.value ?? sent;
    return quoteOf(event, bytesOf(said) <= bytes ? said : null);
  });
}

function isShown(name: string): name is keyof typeof SHOWN_REGISTERS {
  return Object.hasOwn(SHOWN_REGISTERS, name);
}

function ownersOf(
  state: MemoryState,
  { conversationId, target, name, key }: OwnersQuery['of'][number],
  { before = Number.POSITIVE_INFINITY, limit }: OwnersQuery,
): Register[] {
  const group = state.registerGroups.get(`${conversationId} ${target} ${name} ${key}`) ?? [];
  return registersAt(state, group)
    .filter(({ seq }) => seq < before)
    .sort((a, b) => a.seq - b.seq)
    .slice(-limit);
}

function registersAt(state: MemoryState, keys: Iterable<string>): Register[] {
  return present([...keys].map((key) => state.registers.get(key)));
}

function distinct(registers: readonly Register[]): Register[] {
  return [...new Set(registers)];
}

/** What the message with which a list ends is now. */
function messageRegisters(state: MemoryState, { conversationId, conversationSeq }: EventRef): MessageRegisters {
  const found = registersAt(state, state.registerGroups.get(`${conversationId} ${conversationSeq}`) ?? []);
  return Object.fromEntries(found.flatMap(({ name, key, value }) => (key === '' ? [[name, value]] : [])));
}

function listed(state: MemoryState, { userId, after, unread }: ConversationsQuery): ConversationSummary[] {
  return present([...(state.conversationsOf.get(userId) ?? [])].map((id) => summarise(state, userId, id, unread)))
    .filter((each) => each.kind !== 'self' || each.lastMessage !== null)
    .filter(({ conversationId }) => !isUnlisted(state, userId, conversationId))
    .sort(newestFirst)
    .filter((each) => !after || newestFirst(after, each) < 0);
}

/** Nothing has come since the user hid it. */
function isUnlisted(state: MemoryState, userId: UserId, conversationId: ConversationId): boolean {
  const upTo = ownRegister(state, userId, conversationId, 'unlisted')?.value;
  return upTo != null && (state.conversations.get(conversationId)?.head.lastMessageSeq ?? 0) <= upTo;
}

/** What a user has set of a conversation. */
function ownRegister<N extends RegisterName>(
  state: MemoryState,
  owner: UserId,
  conversationId: ConversationId,
  name: N,
): RegisterOf<N> | undefined {
  const key = registerKey({ conversationId, target: 0, name, key: '', owner });
  return state.registers.get(key) as RegisterOf<N> | undefined;
}

type ListPlace = NonNullable<ConversationsQuery['after']>;

function newestFirst(a: ListPlace, b: ListPlace): number {
  if (a.activeAt !== b.activeAt) return b.activeAt - a.activeAt;
  return a.conversationId < b.conversationId ? 1 : a.conversationId > b.conversationId ? -1 : 0;
}

function summarise(
  state: MemoryState,
  userId: UserId,
  conversationId: ConversationId,
  most = Number.POSITIVE_INFINITY,
): ConversationSummary | undefined {
  const table = state.conversations.get(conversationId);
  const stay = table?.stays.find((each) => each.userId === userId && each.leftSeq === null);
  if (!table?.conversation || !stay) return undefined;
  const { head, lastMessageSeq, activeAt } = table.head;
  const readSeq = state.readMarks.get(markKey(userId, conversationId)) ?? 0;
  const from = Math.max(readSeq + 1, stay.joinedSeq);
  const position = { joinedSeq: stay.joinedSeq, readSeq };
  let unread = head - from + 1 > most * UNREAD_SPAN ? most : 0;
  let unreadMentions = 0;
  for (let seq = from; seq <= head && (unread < most || unreadMentions < most); seq++) {
    const event = table.log.get(seq);
    if (!event) continue;
    if (unread < most && counts(event, userId, position)) unread++;
    if (countsAsMention(event, userId, position, messageRegisters(state, event))) unreadMentions++;
  }
  // Nothing before the user joined is visible to them, not even as the last message of a list.
  const last = lastMessageSeq !== null && lastMessageSeq >= stay.joinedSeq ? table.log.get(lastMessageSeq) : undefined;
  const settings = ownRegister(state, userId, conversationId, 'settings');
  return {
    ...table.conversation,
    head,
    joinedSeq: stay.joinedSeq,
    readSeq,
    unread,
    unreadMentions: Math.min(unreadMentions, most),
    lastMessage: (last && definitionOf(last).message?.(last, messageRegisters(state, last))) ?? null,
    activeAt: activeAt ?? table.conversation.createdAt,
    settings: settings?.value ?? DEFAULT_SETTINGS,
    ownSeq: settings?.seq ?? 0,
  };
}

function markKey(userId: UserId, conversationId: ConversationId): string {
  return `${userId} ${conversationId}`;
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
