import {
  type CommitBatch,
  carriedBy,
  type Event,
  type EventRef,
  erasedBy,
  refKey,
  withoutContent,
} from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import { refSet } from './batch-writes.ts';
import { type EventRow, eventColumns, fromEventRow } from './event-row.ts';
import type { SqlDatabase } from './sql-database.ts';

/** Events whose texts are in memory at a time. */
const CHUNK = 100;

/**
 * What is left of stored events that carry what these erase: of messages, and of their edits, which registers name. Read before the batch
 * is written, since only here is it known what is left of an event; what is added to a conversation meanwhile makes the batch a
 * conflict.
 */
export async function remainsOf(database: SqlDatabase, events: readonly Event[]): Promise<Event[]> {
  const messages = events.flatMap(erasedBy);
  if (messages.length === 0) return [];
  const { tables } = database;
  const edits = await database.rowsFor(
    refSet(messages),
    (given) => sql<{ conversation_id: string; seq: number }>`select r.conversation_id, r.seq from ${given}
      join ${tables.registers} r on r.conversation_id = v.conversation_id and r.target_seq = v.conversation_seq
        and r.name = 'version'`,
  );
  const refOf = (row: (typeof edits)[number]) =>
    ({ conversationId: row.conversation_id, conversationSeq: row.seq }) as EventRef;
  const places = [...messages, ...edits.map(refOf)];
  const remains: Event[] = [];
  for (let from = 0; from < places.length; from += CHUNK) {
    const rows = await database.rowsFor(refSet(places.slice(from, from + CHUNK)), eventsAt);
    for (const row of rows) remains.push(withoutContent(fromEventRow(row)));
  }
  return remains;

  function eventsAt(given: RawBuilder<unknown>): RawBuilder<EventRow> {
    return sql<EventRow>`select ${eventColumns()} from ${given} join ${tables.events} e
      on e.conversation_id = v.conversation_id and e.conversation_seq = v.conversation_seq`;
  }
}

/** The same of the events of batches before it. */
export function remainsIn(batches: readonly CommitBatch[], { events }: CommitBatch): Event[] {
  const erased = new Set(events.flatMap(erasedBy).map(refKey));
  const carriers = batches
    .flatMap((batch) => batch.events)
    .filter((event) => {
      const carried = carriedBy(event);
      return carried && erased.has(refKey(carried));
    });
  return carriers.map(withoutContent);
}
