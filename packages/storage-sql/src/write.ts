import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { piecesOf } from './row-set.ts';
import { errorField, type Write, type WriteContext, type WriteStrategy } from './sql-dialect.ts';

/** By it a statement that has already written says that it must not have. */
const DIVISION_BY_ZERO = '22012';

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
      compiled(
        context,
        writes,
        () => {
          const [first, ...others] = writes.map((write, index) => {
            const guard = index === 0 ? ALWAYS : AFTER_FIRST;
            const statement = write.statement(dialect, tables, dialect.rowSource(write.set), guard);
            return index === 0 || write.each === 'changes' ? sql`${statement} returning 1` : statement;
          });
          if (!first || others.length === 0) return first ?? sql`select 1`;
          const named = others.map((statement, index) => sql`${sql.raw(`w${index + 1}`)} as (${statement})`);
          const checks = writes.flatMap(({ each, set }, index) =>
            each
              ? [sql`1 / (((select count(*) from ${sql.raw(`w${index}`)}) = ${sql.val(set.rows.length)})::int)`]
              : [],
          );
          return sql`with w0 as (${first}), ${sql.join(named)} select ${sql.join([sql`1`, ...checks])}`;
        },
        writes.flatMap(({ each, set }) => (each ? [set.rows.length] : [])),
      ),
    );
    return { conflict: undefined };
  } catch (error) {
    if (errorField(error, 'code') === DIVISION_BY_ZERO) return { conflict: 'event' };
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
        const { numAffectedRows, rows } = await connection.executeQuery(query);
        const found = write.each === 'selects' ? BigInt(rows.length) : numAffectedRows;
        if (write.each && found !== BigInt(write.set.rows.length)) {
          conflict = write.conflict;
          throw new Error(`${write.name}: not each of the rows was found`);
        }
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

/** The cached text with this batch's parameters. @param more those that follow the rows */
function compiled(
  { db, dialect, texts }: WriteContext,
  writes: readonly Write[],
  build: () => RawBuilder<unknown>,
  more: readonly number[] = [],
): CompiledQuery {
  const key = writes.map((write) => write.name).join(' ');
  let text = texts.get(key);
  if (text === undefined) {
    text = build().compile(db).sql;
    texts.set(key, text);
  }
  return CompiledQuery.raw(text, [...writes.flatMap((write) => dialect.rowParameters(write.set)), ...more]);
}
