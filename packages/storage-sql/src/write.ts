import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { piecesOf } from './row-set.ts';
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
          write.statement(dialect, tables, dialect.rowSource(write.set), index === 0 ? ALWAYS : AFTER_FIRST),
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
  let conflict: Write['conflict'] | undefined;
  const run = async (connection: Kysely<unknown>, pieces: readonly Write[]): Promise<void> => {
    for (const write of pieces) {
      const query = compiled(context, [write], () =>
        write.statement(dialect, context.tables, dialect.rowSource(write.set), ALWAYS),
      );
      try {
        await connection.executeQuery(query);
      } catch (error) {
        if (dialect.classify(error).kind === 'unique') conflict = write.conflict;
        throw error;
      }
    }
  };
  // What fits in a statement is known once there is a connection.
  const pieces = (): Write[] =>
    writes.flatMap((write) => piecesOf(write.set, dialect.maxSetChars).map((set) => ({ ...write, set })));
  try {
    if (context.inTransaction) await run(db, pieces());
    else {
      await db.connection().execute(async (connection) => {
        const all = pieces();
        await (all.length === 1 ? run(connection, all) : connection.transaction().execute((trx) => run(trx, all)));
      });
    }
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
