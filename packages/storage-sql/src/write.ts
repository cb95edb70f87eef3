import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Row, RowSet } from './row-set.ts';
import type { Write, WriteContext, WriteStrategy } from './sql-dialect.ts';

const ALWAYS = sql`true`;
const AFTER_FIRST = sql`(select count(*) from w0) >= 0`;

/**
 * One statement for the whole batch, hence one round trip and no explicit transaction: for engines with
 * data-modifying `with`. Everything waits for the first write, the events: of two overlapping writers one is then stopped at
 * the log's unique key before it holds any other lock, and of two conflicts `event` is told.
 */
export const writeInOneStatement: WriteStrategy = async (context, writes) => {
  const { db, dialect, tables } = context;
  try {
    await db.executeQuery(
      compiled(context, writes, () => {
        const [first, ...others] = writes.map((write, index) =>
          write.statement(dialect, tables, index === 0 ? ALWAYS : AFTER_FIRST),
        );
        if (!first || others.length === 0) return first ?? sql`select 1`;
        const named = others.map((statement, index) => sql`${sql.raw(`w${index + 1}`)} as (${statement})`);
        return sql`with w0 as (${first} returning 1), ${sql.join(named)} select 1`;
      }),
    );
    return { conflict: undefined };
  } catch (error) {
    const what = dialect.classify(error);
    if (what.kind !== 'unique') throw error;
    return { conflict: what.table === 'tidemark_inbox' ? 'entry' : 'event' };
  }
};

/** One statement per table in one transaction; a batch of one statement needs none. */
export const writeInTransaction: WriteStrategy = async (context, writes) => {
  const { db, dialect } = context;
  const pieces = writes.flatMap((write) => piecesOf(write, dialect.maxSetChars));
  let conflict: Write['conflict'] | undefined;
  const run = async (connection: Kysely<unknown>): Promise<void> => {
    for (const write of pieces) {
      const query = compiled(context, [write], () => write.statement(dialect, context.tables, ALWAYS));
      try {
        await connection.executeQuery(query);
      } catch (error) {
        if (dialect.classify(error).kind === 'unique') conflict = write.conflict;
        throw error;
      }
    }
  };
  try {
    await (pieces.length === 1 || context.inTransaction ? run(db) : db.transaction().execute(run));
  } catch (error) {
    if (conflict === undefined) throw error;
  }
  return { conflict };
};

/** The cached text with this batch's parameters. */
function compiled(
  { db, dialect, texts }: WriteContext,
  writes: readonly Write[],
  build: () => RawBuilder<unknown>,
): CompiledQuery {
  const key = writes.map((write) => write.name).join(' ');
  let text = texts.get(key);
  if (text === undefined) {
    text = build().compile(db).sql;
    texts.set(key, text);
  }
  return CompiledQuery.raw(
    text,
    writes.flatMap((write) => dialect.rowParameters(write.set)),
  );
}

/** Splits what would be too large for one packet of the server's protocol. A row alone is never split. */
function piecesOf(write: Write, maxChars: number): Write[] {
  const pieces: Row[][] = [];
  let size = 0;
  for (const row of write.set.rows) {
    const chars = charsOf(row);
    if (pieces.length === 0 || size + chars > maxChars) {
      pieces.push([]);
      size = 0;
    }
    size += chars;
    pieces.at(-1)?.push(row);
  }
  return pieces.map((rows) => ({ ...write, set: { ...write.set, rows } satisfies RowSet }));
}

function charsOf(row: Row): number {
  let chars = 0;
  for (const value of Object.values(row)) chars += typeof value === 'string' ? value.length + 8 : 16;
  return chars;
}
