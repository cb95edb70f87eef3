import { createHash } from 'node:crypto';
import { UnavailableError } from '@tidemark/core';
import { errorField } from '@tidemark/storage-sql';
import type { PostgresPoolClient } from 'kysely';
import type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './postgres-pool.ts';

/** What all connections of a storage share. */
export class Lending {
  /** Whether statements are prepared on the server. */
  prepare: boolean;
  readonly warn: (warning: string) => void;
  #lost: number[] = [];

  constructor(options: { prepare: boolean; warn: (warning: string) => void }) {
    this.prepare = options.prepare;
    this.warn = options.warn;
  }

  /** A prepared statement was not there, or another one in its place: somebody dropped it, or a pooler moves connections. */
  lostStatement(): void {
    const now = performance.now();
    this.#lost = [...this.#lost.filter((at) => now - at < LOST_WITHIN), now];
    if (!this.prepare || this.#lost.length < LOST_TOO_OFTEN) return;
    this.prepare = false;
    this.warn(
      'postgres: prepared statements get lost, as behind a pooler that does not follow them; from now on none are prepared (option prepare)',
    );
  }
}

/** So many lost statements within so many ms are no accident. */
const LOST_TOO_OFTEN = 20;
const LOST_WITHIN = 60_000;
/** Connections that are thrown away, one after the other, before the pool counts as unavailable. */
const THROWN_AWAY = 100;

/**
 * A connection of the pool, with this added to it:
 *  - it is in no transaction that somebody left open: what is written there is stored only if somebody ends it, and what is
 *    read there may be old. The driver knows from the server's last answer, so that to ask costs nothing;
 *  - one on which a statement failed for a reason of the connection's own, or for an unknown one, is thrown away afterwards;
 *  - statements are prepared under a name made from their text, so that the server parses each once per connection. One whose
 *    preparation was lost runs again without;
 *  - integers come as numbers, whatever type parsers the application has set.
 */
export async function lend(pool: PostgresPool, lending: Lending): Promise<PostgresPoolClient> {
  for (let thrown = 0; thrown < THROWN_AWAY; thrown += 1) {
    const client = await pool.connect();
    if (!isInTransaction(client)) return lent(client, lending);
    lending.warn(LEFT_OPEN);
    client.release(true);
  }
  throw new UnavailableError(LEFT_OPEN);
}

const LEFT_OPEN =
  'postgres: a connection of the pool has a transaction that somebody began and did not end; it was thrown away';

function lent(client: PostgresClient, lending: Lending): PostgresPoolClient {
  client.on('error', ignore);
  watch(client);
  let inOwnTransaction = false;
  let isToBeThrownAway = false;

  const run = (text: string, values: readonly unknown[], name?: string): Promise<PostgresResult> =>
    client.query({ ...(name !== undefined && { name }), text, values: values as unknown[], types: TYPES });

  async function runPrepared(text: string, values: readonly unknown[]): Promise<PostgresResult> {
    const name = lending.prepare && values.length > 0 ? nameOf(text) : undefined;
    try {
      return await run(text, values, name);
    } catch (error) {
      if (!isOfTheStatement(error)) isToBeThrownAway = true;
      if (name === undefined || !isLostStatement(error)) throw error;
      lending.lostStatement();
      // In a transaction nothing else runs after a failure.
      if (inOwnTransaction) throw error;
      return run(text, values);
    }
  }

  async function query(text: string, values: readonly unknown[] = []): Promise<PostgresResult> {
    if (BEGINS.test(text)) inOwnTransaction = true;
    const result = await runPrepared(text, values);
    if (ENDS.test(text)) inOwnTransaction = false;
    if (inOwnTransaction || !isInTransaction(client)) return result;
    isToBeThrownAway = true;
    lending.warn(LEFT_OPEN);
    await run('rollback', []);
    throw new UnavailableError(LEFT_OPEN);
  }

  return {
    query: query as PostgresPoolClient['query'],
    release: () => {
      client.removeListener('error', ignore);
      if (isToBeThrownAway) client.release(true);
      else client.release();
    },
  };
}

const BEGINS = /^(?:begin|start transaction)\b/i;
const ENDS = /^(?:commit|rollback)$/i;

function ignore(): void {}

/** The status that the server sent last; of drivers that do not tell it. */
const statuses = new WeakMap<PostgresClient, string>();
const watched = new WeakSet<PostgresClient>();

function watch(client: PostgresClient): void {
  if (client.getTransactionStatus || watched.has(client)) return;
  watched.add(client);
  client.connection?.on?.('readyForQuery', ({ status }) => {
    statuses.set(client, status);
  });
}

function isInTransaction(client: PostgresClient): boolean {
  const status = client.getTransactionStatus ? client.getTransactionStatus() : statuses.get(client);
  return status === 'T' || status === 'E';
}

/**
 * SQLSTATEs that say something of the statement and nothing of the connection: 22 data, 23 constraints, 40 at odds with another
 * transaction, 53 resources, 55P03 and 57014 time limits, P0001 raised by a trigger.
 */
const OF_THE_STATEMENT = /^(?:(?:22|23|40|53)...|55P03|57014|P0001)$/;

function isOfTheStatement(error: unknown): boolean {
  const code = errorField(error, 'code');
  return typeof code === 'string' && OF_THE_STATEMENT.test(code);
}

/** 26000 no such prepared statement, 42P05 there is one of that name, 08P01 another one, 0A000 its plan is not valid any more. */
function isLostStatement(error: unknown): boolean {
  const code = errorField(error, 'code');
  if (code === '26000' || code === '42P05' || code === '08P01') return true;
  return code === '0A000' && String(errorField(error, 'message')).includes('cached plan');
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
