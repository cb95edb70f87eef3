import type { Document } from 'mongodb';
import type pg from 'pg';
import { CommandError, NO_SUCH_TRANSACTION, TRANSIENT } from './command-error.ts';

/** Two transactions that write the same document: the later one fails rather than waits, as in MongoDB. */
const BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '40ms'";

interface Transaction {
  /** The driver's connection that began it. */
  readonly connectionId: number;
  readonly client: pg.PoolClient;
  readonly number: string;
}

/** The open transaction of each session, on a Postgres connection that it keeps for itself. */
export class Transactions {
  readonly #pool: pg.Pool;
  readonly #open = new Map<string, Transaction>();
  /** Numbers of transactions that failed, by session: their commit must not be taken for a repeated one. */
  readonly #failed = new Map<string, string>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** The connection of the transaction that this command is part of. */
  async clientFor(session: string, connectionId: number, body: Document): Promise<pg.PoolClient> {
    if (body.startTransaction) {
      await this.fail(session);
      const client = await this.#pool.connect();
      await client.query(BEGIN);
      this.#open.set(session, { connectionId, client, number: String(body.txnNumber) });
    }
    const transaction = this.#open.get(session);
    if (!transaction) throw new CommandError(NO_SUCH_TRANSACTION, 'no such transaction', TRANSIENT);
    return transaction.client;
  }

  /** Ends the session's transaction. A commit that is repeated, since its answer was lost, succeeds again. */
  async end(session: string, body: Document, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const transaction = this.#open.get(session);
    if (!transaction) {
      if (how === 'COMMIT' && this.#failed.get(session) !== String(body.txnNumber)) return;
      throw new CommandError(NO_SUCH_TRANSACTION, 'no such transaction', TRANSIENT);
    }
    this.#open.delete(session);
    try {
      await transaction.client.query(how);
    } finally {
      transaction.client.release();
    }
  }

  /** A command of the session's transaction failed: nothing of it stays. */
  async fail(session: string): Promise<void> {
    const transaction = this.#open.get(session);
    if (!transaction) return;
    this.#open.delete(session);
    this.#failed.set(session, transaction.number);
    await transaction.client.query('ROLLBACK').catch(() => {});
    transaction.client.release();
  }

  /** Those that a connection began that is gone: kept, they would hold their locks for good. */
  async failThoseOf(connectionId: number): Promise<void> {
    const theirs = [...this.#open].filter(([, transaction]) => transaction.connectionId === connectionId);
    await Promise.all(theirs.map(([session]) => this.fail(session)));
  }

  async failAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((session) => this.fail(session)));
  }
}
