import type { Event } from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import type { Row, RowShape } from './row-set.ts';

/** Columns of the place of an event. */
export const REF_SHAPE = { conversation_id: 'id', conversation_seq: 'int' } as const satisfies RowShape;
export const REF_KEY = Object.keys(REF_SHAPE);

/** Columns of a stored event, in the order in which sets of them are passed. */
export const EVENT_SHAPE = {
  ...REF_SHAPE,
  actor_id: 'id',
  command_id: 'id',
  type: 'id',
  at: 'int',
  body: 'text',
} as const satisfies RowShape;

/** The columns of the event `e` in a select, but for those that it takes from elsewhere. */
export function eventColumns(...elsewhere: (keyof typeof EVENT_SHAPE)[]): RawBuilder<unknown> {
  const columns = Object.keys(EVENT_SHAPE) as (keyof typeof EVENT_SHAPE)[];
  return sql.raw(columns.flatMap((column) => (elsewhere.includes(column) ? [] : `e.${column}`)).join(', '));
}

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
