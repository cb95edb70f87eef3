import type { Conversation, Membership } from './conversation.ts';
import type { Event, EventRef } from './event.ts';
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
  if (event.type === 'conversation.created') {
    return {
      conversation: {
        conversationId: event.conversationId,
        kind: event.kind,
        title: event.title,
        createdBy: event.actorId,
        createdAt: event.at,
      },
      head: event.conversationSeq,
      lastAt: event.at,
      members: new Map(event.memberIds.map((userId) => [userId, event.conversationSeq])),
    };
  }
  if (!state) throw new Error(`the first event of ${event.conversationId} must create it, not be ${event.type}`);
  let members = state.members;
  if (event.type === 'members.added') {
    members = new Map([...members, ...event.memberIds.map((userId) => [userId, event.conversationSeq] as const)]);
  } else if (event.type === 'members.removed') {
    const left = new Set(event.memberIds);
    members = new Map([...members].filter(([userId]) => !left.has(userId)));
  }
  return { conversation: state.conversation, head: event.conversationSeq, lastAt: event.at, members };
}

/** Who finds the event in their inbox: the members after it, and those it removed. */
export function recipientsOf(state: ConversationState, event: Event): UserId[] {
  const members = [...state.members.keys()];
  return event.type === 'members.removed' ? [...members, ...event.memberIds] : members;
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
}

export interface ConversationHead {
  readonly conversationId: ConversationId;
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
  const openIn = new Map<string, number>();

  for (const event of events) {
    const { conversationId, conversationSeq, at } = event;
    const before = heads.get(conversationId);
    const isMessage = event.type === 'message.sent';
    const moves = isMessage || event.type === 'conversation.created';
    heads.set(conversationId, {
      conversationId,
      head: conversationSeq,
      lastAt: at,
      lastMessageSeq: isMessage ? conversationSeq : (before?.lastMessageSeq ?? null),
      activeAt: moves ? at : (before?.activeAt ?? null),
    });
    if (event.type === 'conversation.created') {
      const { kind, title, actorId } = event;
      created.push({ conversationId, kind, title, createdBy: actorId, createdAt: at });
    }
    if (event.type === 'conversation.created' || event.type === 'members.added') {
      for (const userId of event.memberIds) {
        openIn.set(`${userId} ${conversationId}`, joined.length);
        joined.push({ conversationId, userId, joinedSeq: conversationSeq, leftSeq: null });
      }
    } else if (event.type === 'members.removed') {
      for (const userId of event.memberIds) {
        const index = openIn.get(`${userId} ${conversationId}`);
        if (index === undefined) left.push({ conversationId, userId, leftSeq: conversationSeq });
        else joined[index] = { ...(joined[index] as Membership), leftSeq: conversationSeq };
        openIn.delete(`${userId} ${conversationId}`);
      }
    } else if (event.type === 'read.marked') {
      const key = `${event.actorId} ${event.of}`;
      const known = readMarks.get(key)?.readSeq ?? 0;
      if (event.readSeq > known) {
        readMarks.set(key, { userId: event.actorId, conversationId: event.of, readSeq: event.readSeq });
      }
    }
  }
  return { created, heads: [...heads.values()], joined, left, readMarks: [...readMarks.values()] };
}
