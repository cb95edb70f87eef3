import type { Conversation, Membership } from './conversation.ts';
import { type EventRef, refKey } from './event-ref.ts';
import { afterErasing, erasedBy } from './features/erasing.ts';
import { definitionOf, type Event } from './features/events.ts';
import { type Register, registerKey } from './features/registers.ts';
import type { ConversationId, ConversationSeq, UserId } from './ids.ts';

/** What the writer of a conversation needs to decide its next command. */
export interface ConversationState {
  readonly conversation: Conversation;
  readonly head: ConversationSeq;
  /** `at` of the newest event. */
  readonly lastAt: number;
  /** Members now, with the conversationSeq at which each joined. */
  readonly members: ReadonlyMap<UserId, ConversationSeq>;
}

/** The state after one more event; `state` is undefined before the first. The only place that knows how. */
export function evolve(state: ConversationState | undefined, event: Event): ConversationState {
  const { creates, joins, leaves } = definitionOf(event);
  const { conversationId, conversationSeq: head, at: lastAt } = event;
  const conversation = creates?.(event) ?? state?.conversation;
  if (!conversation) throw new Error(`the first event of ${conversationId} must create it, not be ${event.type}`);
  if (!joins && !leaves && state) return { conversation, head, lastAt, members: state.members };
  const members = new Map(creates ? [] : state?.members);
  for (const userId of leaves?.(event) ?? []) members.delete(userId);
  for (const userId of joins?.(event) ?? []) members.set(userId, head);
  return { conversation, head, lastAt, members };
}

/** Who finds the event in their inbox: the members after it, and those it removed. */
export function recipientsOf(state: ConversationState, event: Event): UserId[] {
  return [...state.members.keys(), ...(definitionOf(event).leaves?.(event) ?? [])];
}

/** The same from stored memberships, for an event of any age. */
export function recipientsAsOf(memberships: readonly Membership[], ref: EventRef): UserId[] {
  return memberships
    .filter(
      (stay) =>
        stay.conversationId === ref.conversationId &&
        stay.joinedSeq <= ref.conversationSeq &&
        (stay.leftSeq === null || ref.conversationSeq <= stay.leftSeq),
    )
    .map((stay) => stay.userId);
}

/** What a batch of events changes in the tables beside the log; every adapter writes exactly this. */
export interface Projection {
  /** The events as they are to be stored: without what others of the batch erase. */
  readonly events: readonly Event[];
  /**
   * Messages whose content goes. In the log `withoutContent` takes the place of the message, and of each of its edits, which stand at the
   * `seq` of its registers `version`; and every register of it goes, but for those in `registers`.
   */
  readonly erased: readonly EventRef[];
  readonly created: readonly Conversation[];
  /** One per conversation touched, the newest. */
  readonly heads: readonly ConversationHead[];
  readonly joined: readonly Membership[];
  /**
   * leftSeq to set on the user's open stay; apply before inserting `joined`, which may open the next one. A stay opened
   * and ended in the same batch is already closed in `joined`.
   */
  readonly left: readonly { conversationId: ConversationId; userId: UserId; leftSeq: ConversationSeq }[];
  /** The highest per (user, conversation); to be merged with the stored one by maximum. */
  readonly readMarks: readonly { userId: UserId; conversationId: ConversationId; readSeq: ConversationSeq }[];
  /** The last setting of each: without a value the register is no longer set, and need not be kept. One that is stored with a higher seq stays. */
  readonly registers: readonly Register[];
  /**
   * How far conversations must have come before the batch, since a mark says that they were read up to there. Those that the batch
   * itself brings there are not among them.
   */
  readonly reached: readonly { conversationId: ConversationId; head: ConversationSeq }[];
}

export interface ConversationHead {
  readonly conversationId: ConversationId;
  /** The head that the batch follows; 0 where it begins the conversation. */
  readonly after: number;
  readonly head: ConversationSeq;
  readonly lastAt: number;
  /** Newest message of the batch; null when it holds none (keep the stored one). */
  readonly lastMessageSeq: ConversationSeq | null;
  /** New activeAt; null when the batch moves none (keep the stored one). */
  readonly activeAt: number | null;
}

/** Derives the tables' changes from events that are in order within each conversation. */
export function project(events: readonly Event[]): Projection {
  const created: Conversation[] = [];
  const heads = new Map<ConversationId, ConversationHead>();
  const joined: Membership[] = [];
  const left: Projection['left'][number][] = [];
  const readMarks = new Map<string, Projection['readMarks'][number]>();
  const registers = new Map<string, Register>();
  const reached = new Map<ConversationId, ConversationSeq>();
  const openIn = new Map<string, number>();
  const erased = events.flatMap(erasedBy);
  const gone = new Set(erased.map(refKey));

  for (const event of events) {
    const { conversationId, conversationSeq, actorId, at } = event;
    const { creates, joins, leaves, reads, message, bumps } = definitionOf(event);
    for (const register of registersOf(event)) {
      const { conversationId, target: conversationSeq } = register;
      const target = refKey({ conversationId, conversationSeq: conversationSeq as ConversationSeq });
      if (!gone.has(target) || definitionOf(event).erases) registers.set(registerKey(register), register);
    }
    const before = heads.get(conversationId);
    heads.set(conversationId, {
      conversationId,
      after: before?.after ?? conversationSeq - 1,
      head: conversationSeq,
      lastAt: at,
      lastMessageSeq: message ? conversationSeq : (before?.lastMessageSeq ?? null),
      activeAt: bumps ? at : (before?.activeAt ?? null),
    });
    if (creates) created.push(creates(event));
    for (const userId of leaves?.(event) ?? []) {
      const index = openIn.get(`${userId} ${conversationId}`);
      if (index === undefined) left.push({ conversationId, userId, leftSeq: conversationSeq });
      else joined[index] = { ...(joined[index] as Membership), leftSeq: conversationSeq };
      openIn.delete(`${userId} ${conversationId}`);
    }
    for (const userId of joins?.(event) ?? []) {
      openIn.set(`${userId} ${conversationId}`, joined.length);
      joined.push({ conversationId, userId, joinedSeq: conversationSeq, leftSeq: null });
    }
    const mark = reads?.(event);
    if (!mark) continue;
    const key = `${actorId} ${mark.conversationId}`;
    if (mark.readSeq > (readMarks.get(key)?.readSeq ?? 0)) readMarks.set(key, { userId: actorId, ...mark });
  }
  for (const { conversationId, readSeq } of readMarks.values()) {
    const known = Math.max(reached.get(conversationId) ?? 0, heads.get(conversationId)?.head ?? 0);
    if (readSeq > known) reached.set(conversationId, readSeq);
  }
  return {
    events: afterErasing(events),
    erased,
    created,
    heads: [...heads.values()],
    joined,
    left,
    readMarks: [...readMarks.values()],
    registers: [...registers.values()],
    reached: [...reached].map(([conversationId, head]) => ({ conversationId, head })),
  };
}

/** The registers as an event leaves them. */
export function registersOf(event: Event): Register[] {
  const { conversationId, conversationSeq: seq } = event;
  const settings = definitionOf(event).sets?.(event) ?? [];
  return settings.map(({ of = conversationId, ...setting }) => ({
    conversationId: of,
    key: '',
    owner: null,
    ...setting,
    seq,
  }));
}
