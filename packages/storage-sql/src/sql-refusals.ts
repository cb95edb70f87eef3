import { commandKey, type RefusalStore, type RefusedCommand } from '@tidemark/core';
import { sql } from 'kysely';
import { insertInto } from './batch-writes.ts';
import type { RowShape } from './row-set.ts';
import type { SqlDatabase } from './sql-database.ts';

const REFUSAL_SHAPE = {
  actor_id: 'id',
  command_id: 'id',
  retry: 'int',
  conversation_id: 'id',
  text: 'text',
  at: 'int',
} as const satisfies RowShape;
const KEY_SHAPE = { actor_id: 'id', command_id: 'id', retry: 'int' } as const satisfies RowShape;
const KEY = Object.keys(KEY_SHAPE);

/** What was refused, on a SQL database. */
export function sqlRefusals(database: SqlDatabase): RefusalStore {
  const { dialect, tables } = database;
  return {
    keepRefusals: async (refusals) => {
      // One statement may not meet a row twice: the last of each stays.
      const ascending = [...refusals].sort((a, b) => a.at - b.at);
      const distinct = new Map(ascending.map((refusal) => [`${commandKey(refusal)} ${refusal.retry}`, refusal]));
      const rows = [...distinct.values()].map(({ actorId, commandId, retry, conversationId, text, at }) => ({
        actor_id: actorId,
        command_id: commandId,
        retry,
        conversation_id: conversationId,
        text: JSON.stringify(text),
        at,
      }));
      await database.changedFor({ shape: REFUSAL_SHAPE, rows }, (given) => {
        const keep = dialect.keepGreatest(tables.refusals, KEY, 'at');
        return sql`${insertInto(tables.refusals, REFUSAL_SHAPE, given)} ${keep}`;
      });
    },

    newestRefusals: async (since, limit) => {
      const rows = await database.rows(sql<RefusalRow>`
        select r.actor_id, r.command_id, r.retry, r.conversation_id, r.text, r.at from ${tables.refusals} r
        where r.at >= ${since} order by r.at desc limit ${limit}`);
      return rows.map(
        (row) =>
          ({
            actorId: row.actor_id,
            commandId: row.command_id,
            retry: row.retry,
            conversationId: row.conversation_id,
            text: JSON.parse(row.text),
            at: row.at,
          }) as RefusedCommand,
      );
    },

    purgeRefusals: async (before, limit) => {
      const rows = await database.rows(sql<Pick<RefusalRow, 'actor_id' | 'command_id' | 'retry'>>`
        select r.actor_id, r.command_id, r.retry from ${tables.refusals} r
        where r.at < ${before} order by r.at limit ${limit}`);
      return database.changedFor({ shape: KEY_SHAPE, rows }, (given) =>
        dialect.deleteRows(tables.refusals, given, KEY),
      );
    },
  };
}

interface RefusalRow {
  readonly actor_id: string;
  readonly command_id: string;
  readonly retry: number;
  readonly conversation_id: string;
  readonly text: string;
  readonly at: number;
}
