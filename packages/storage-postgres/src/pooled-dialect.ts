import { createHash } from 'node:crypto';
import { type Dialect, PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { PostgresClient, PostgresPool, PostgresQuery } from './postgres-pool.ts';

/**
 * Kysely on the application's pool. Added to it:
 *  - statements are prepared under a name made from their text, so that the server parses each once per connection;
 *  - integers come as numbers, whatever type parsers the application has set;
 *  - a connection lost while it lies idle, or between two statements, doesn't end the process: `pg` emits `error`, which
 *    without a listener is thrown. The pool drops such a connection by itself, and makes another when asked.
 */
export function pooledDialect(pool: PostgresPool, options: { prepare: boolean }): Dialect {
  // The application's own listener is enough; two would log the same loss twice.
  const listens = pool.listenerCount('error') === 0;
  if (listens) pool.on('error', ignore);
  return new PostgresDialect({
    pool: {
      connect: async () => borrowed(await pool.connect(), options.prepare),
      end: async () => {
        if (listens) pool.removeListener('error', ignore);
      },
    },
  });
}

/** The statement that was running fails with the same error, and whoever waits for it is told. */
function ignore(): void {}

function borrowed(client: PostgresClient, prepare: boolean): PostgresPoolClient {
  client.on('error', ignore);
  const query = (text: string, values: readonly unknown[] = []): Promise<unknown> => {
    const named = prepare && values.length > 0 ? { name: nameOf(text) } : {};
    return client.query({ ...named, text, values: values as unknown[], types: TYPES });
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: () => {
      client.removeListener('error', ignore);
      client.release();
    },
  };
}

/** int8, int2, int4; everything else that is read here is text. */
const INTEGERS = new Set([20, 21, 23]);
const TYPES: PostgresQuery['types'] = {
  getTypeParser: (oid) => (INTEGERS.has(oid) ? Number : (text) => text),
};

const names = new Map<string, string>();

/** The same text has the same name on every connection, and another text never has. There are a few dozen. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `tidemark_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    names.set(text, name);
  }
  return name;
}
