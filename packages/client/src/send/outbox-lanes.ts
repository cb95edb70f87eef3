import type { CommandId, ConversationId } from '@tidemark/core';

/** What the outbox has to do next. */
export type LaneEffect =
  | { readonly type: 'send'; readonly conversationId: ConversationId; readonly id: CommandId }
  /** Call `due` after the back-off of `attempt`, or earlier when the connection is back. */
  | {
      readonly type: 'wait';
      readonly conversationId: ConversationId;
      readonly attempt: number;
      readonly ticket: number;
    };

/**
 * Which draft is sent when: in order within a conversation, one at a time; conversations side by side, at most `limit`. A
 * draft that is tried again holds up those behind it in its conversation and no others; one that is done or failed does
 * not. No time, no network: every call returns what follows from it.
 */
export interface OutboxLanes {
  add(conversationId: ConversationId, id: CommandId): LaneEffect[];
  /** The call ended. `again`: keep it in front and wait. Ignored for a draft that is not being sent. */
  finish(conversationId: ConversationId, id: CommandId, outcome: 'done' | 'again'): LaneEffect[];
  /** Discarded, failed for good, or known to be stored; also while its call is under way. */
  remove(conversationId: ConversationId, id: CommandId): LaneEffect[];
  due(conversationId: ConversationId, ticket: number): LaneEffect[];
  /** Nothing is sent while false. Turning true ends the waits, except of those that have failed repeatedly. */
  online(online: boolean): LaneEffect[];
}

interface Lane {
  readonly queue: CommandId[];
  sending: CommandId | null;
  /** Failures in a row of the draft in front. */
  attempt: number;
  /** The wait under way; null when there is none. */
  ticket: number | null;
}

/** Up to so many failures a reconnect is taken as the cure; after that only time is. */
const HOPEFUL_ATTEMPTS = 3;

export function createOutboxLanes(limit: number): OutboxLanes {
  const lanes = new Map<ConversationId, Lane>();
  /** Lanes that could send now, first come first served. */
  const ready = new Set<ConversationId>();
  let inFlight = 0;
  let isOnline = false;
  let tickets = 0;

  function consider(conversationId: ConversationId, lane: Lane): void {
    if (lane.queue.length === 0 && lane.sending === null) lanes.delete(conversationId);
    if (lane.queue.length > 0 && lane.sending === null && lane.ticket === null) ready.add(conversationId);
    else ready.delete(conversationId);
  }

  function pump(before: LaneEffect[] = []): LaneEffect[] {
    const effects = before;
    for (const conversationId of ready) {
      if (!isOnline || inFlight >= limit) break;
      const lane = lanes.get(conversationId) as Lane;
      const id = lane.queue[0] as CommandId;
      lane.sending = id;
      inFlight += 1;
      ready.delete(conversationId);
      effects.push({ type: 'send', conversationId, id });
    }
    return effects;
  }

  function release(lane: Lane): void {
    lane.sending = null;
    inFlight -= 1;
  }

  return {
    add: (conversationId, id) => {
      const lane = lanes.get(conversationId) ?? { queue: [], sending: null, attempt: 0, ticket: null };
      lanes.set(conversationId, lane);
      lane.queue.push(id);
      consider(conversationId, lane);
      return pump();
    },
    finish: (conversationId, id, outcome) => {
      const lane = lanes.get(conversationId);
      if (!lane || lane.sending !== id) return [];
      release(lane);
      const effects: LaneEffect[] = [];
      if (outcome === 'done') {
        lane.queue.shift();
        lane.attempt = 0;
      } else {
        tickets += 1;
        lane.ticket = tickets;
        effects.push({ type: 'wait', conversationId, attempt: lane.attempt, ticket: lane.ticket });
        lane.attempt += 1;
      }
      consider(conversationId, lane);
      return pump(effects);
    },
    remove: (conversationId, id) => {
      const lane = lanes.get(conversationId);
      const index = lane?.queue.indexOf(id) ?? -1;
      if (!lane || index < 0) return [];
      lane.queue.splice(index, 1);
      if (index === 0) {
        lane.attempt = 0;
        lane.ticket = null;
      }
      if (lane.sending === id) release(lane);
      consider(conversationId, lane);
      return pump();
    },
    due: (conversationId, ticket) => {
      const lane = lanes.get(conversationId);
      if (!lane || lane.ticket !== ticket) return [];
      lane.ticket = null;
      consider(conversationId, lane);
      return pump();
    },
    online: (online) => {
      if (online && !isOnline) {
        for (const [conversationId, lane] of lanes) {
          if (lane.attempt <= HOPEFUL_ATTEMPTS) lane.ticket = null;
          consider(conversationId, lane);
        }
      }
      isOnline = online;
      return pump();
    },
  };
}
