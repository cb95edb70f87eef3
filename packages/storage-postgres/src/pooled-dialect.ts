import { type Dialect, PostgresDialect } from 'kysely';
import { type Lending, lend } from './lent-client.ts';
import type { PostgresClient, PostgresPool } from './postgres-pool.ts';

/**
 * Kysely on the application's pool. Added to it:
 *  - connections are checked, and those that are not as they should be are thrown away: see `lend`;
 *  - a connection lost while it lies idle, or between two statements, doesn't end the process: `pg` emits `error`, which
 *    without a listener is thrown. The pool drops such a connection by itself, and makes another when asked. A new one has no
 *    listener of the pool's from the moment at which it is lent, and none of the borrower's before the next turn.
 */
export function pooledDialect(pool: PostgresPool, lending: Lending): Dialect {
  // The application's own listener is enough; two would log the same loss twice.
  const listens = pool.listenerCount('error') === 0;
  if (listens) pool.on('error', ignore);
  pool.on('connect', listenForATurn);
  return new PostgresDialect({
    pool: {
      connect: () => lend(pool, lending),
      end: async () => {
        pool.removeListener('connect', listenForATurn);
        if (listens) pool.removeListener('error', ignore);
      },
    },
  });
}

/** The statement that was running fails with the same error, and whoever waits for it is told. */
function ignore(): void {}

/** The server may end a connection in the same breath in which it accepts it. */
function listenForATurn(client: PostgresClient): void {
  const ignoreForATurn = (): void => {};
  client.on('error', ignoreForATurn);
  setImmediate(() => client.removeListener('error', ignoreForATurn));
}
