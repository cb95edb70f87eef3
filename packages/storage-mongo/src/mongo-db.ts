import { TidemarkError } from '@tidemark/core';

/** Any document, as the driver takes and gives it. */
export interface MongoDocument {
  [field: string]: unknown;
}

/** The subset of the driver's `Db` that is used here; the `Db` of `mongodb` fits. */
export interface MongoDb {
  collection(name: string, options?: MongoReadWrite): MongoCollection;
}

/** How a collection is read and written, whatever the application set for its client. */
export interface MongoReadWrite {
  readonly readPreference?: 'primary';
  readonly readConcern?: { readonly level: 'majority' };
  readonly writeConcern?: { readonly w: 'majority'; readonly journal: true; readonly wtimeoutMS: number };
  readonly promoteValues?: true;
  readonly promoteLongs?: true;
  readonly useBigInt64?: false;
  readonly raw?: false;
}

export interface MongoCollection {
  insertMany(documents: readonly MongoDocument[], options: { ordered: boolean }): Promise<unknown>;
  updateOne(filter: MongoDocument, update: MongoDocument, options: { upsert: true }): Promise<unknown>;
  bulkWrite(operations: readonly MongoUpdate[], options: { ordered: false }): Promise<unknown>;
  deleteMany(filter: MongoDocument): Promise<unknown>;
  findOne(filter: MongoDocument): Promise<MongoDocument | null>;
  find(filter: MongoDocument, options?: MongoFind): MongoCursor;
  aggregate(pipeline: MongoDocument[]): MongoCursor;
  createIndexes(indexes: MongoIndex[]): Promise<unknown>;
  listIndexes(): MongoCursor;
}

export interface MongoUpdate {
  readonly updateOne: { readonly filter: MongoDocument; readonly update: MongoDocument; readonly upsert?: boolean };
}

export interface MongoFind {
  readonly sort?: Record<string, 1 | -1>;
  readonly limit?: number;
  readonly projection?: Record<string, 0 | 1>;
}

export interface MongoIndex {
  readonly name: string;
  readonly key: Record<string, 1>;
  readonly unique?: boolean;
  readonly partialFilterExpression?: MongoDocument;
  readonly expireAfterSeconds?: number;
}

export interface MongoCursor extends AsyncIterable<MongoDocument> {
  toArray(): Promise<MongoDocument[]>;
}

/** How long a write may wait for a majority before it counts as not written for now. Milliseconds. */
const MAJORITY_TIMEOUT_MS = 10_000;

/**
 * Reads come from the primary and see what a majority holds: every acknowledged write, and none that a failover could
 * undo (nobody may see a seq that is not durable). Writes are acknowledged when a majority has them in its journal.
 */
const READ_WRITE: MongoReadWrite = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: MAJORITY_TIMEOUT_MS },
  promoteValues: true,
  promoteLongs: true,
  useBigInt64: false,
  raw: false,
};

export interface Collections {
  /** The rows of every user. */
  readonly inbox: MongoCollection;
  /** Per user, a seq that no row of theirs exceeds. */
  readonly heads: MongoCollection;
  /** The epoch, and the history that the inbox belongs to. */
  readonly meta: MongoCollection;
  readonly inboxName: string;
}

/** @throws TidemarkError `invalid_input` when `db` is not the driver's `Db`. */
export function collectionsOf(db: MongoDb, prefix: string): Collections {
  if (typeof (db as Partial<MongoDb> | null | undefined)?.collection !== 'function') {
    throw new TidemarkError('invalid_input', "must be a Db of the package 'mongodb', such as client.db('chat')", {
      field: 'db',
    });
  }
  const inboxName = `${prefix}inbox`;
  return {
    inbox: db.collection(inboxName, READ_WRITE),
    heads: db.collection(`${prefix}heads`, READ_WRITE),
    meta: db.collection(`${prefix}meta`, READ_WRITE),
    inboxName,
  };
}
