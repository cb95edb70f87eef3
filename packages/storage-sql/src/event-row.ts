import type { Event } from '@tidemark/core';
import type { Row, RowShape } from './row-set.ts';

/** Columns of a stored event, in the order in which sets of them are passed. */
export const EVENT_SHAPE = {
  conversation_id: 'id',
  conversation_seq: 'int',
  actor_id: 'id',
  command_id: 'id',
  type: 'id',
  at: 'int',
  body: 'text',
} as const satisfies RowShape;

export interface EventRow {
  readonly conversation_id: string;
  readonly conversation_seq: number;
  readonly actor_id: string;
  readonly command_id: string | null;
  readonly type: string;
  readonly at: number;
  readonly body: string;
}

/**
 * Columns for what is searched, JSON text for the rest. JSON escapes what a database may not hold in a text (NUL, lone
 * surrogates), so every string comes back equal.
 */
export function toEventRow(event: Event): EventRow & Row {
  const { conversationId, conversationSeq, actorId, commandId, type, at, ...body } = event;
  return {
    conversation_id: conversationId,
    conversation_seq: conversationSeq,
    actor_id: actorId,
    command_id: commandId,
    type,
    at,
    body: JSON.stringify(body),
  };
}

export function fromEventRow(row: EventRow): Event {
  return {
    conversationId: row.conversation_id,
    conversationSeq: row.conversation_seq,
    actorId: row.actor_id,
    commandId: row.command_id,
    type: row.type,
    at: row.at,
    ...JSON.parse(row.body),
  } as Event;
}
