/** Whose data a store's transaction stands on: written when the data begins anew, another one each time. */
export const INCARNATION = 'incarnation';

/** What `upgrade` hands over: native objects, so that a migration is what the standard says. */
export type IndexedDbMigration = (database: IDBDatabase, transaction: IDBTransaction) => void;

/**
 * Steps from one version to the next, all in the one transaction that IndexedDB gives an upgrade. Values are JSON text, keys
 * are out of line. What holds in every version: a database is one user's, so `erase` deletes it, whatever is in it.
 */
export const INDEXEDDB_MIGRATIONS: readonly IndexedDbMigration[] = [
  (database) => {
    // 'cursor', and the incarnation.
    database.createObjectStore('meta');
    // By conversationId.
    database.createObjectStore('conversations');
    // By [conversationId, chunk]: see event-chunks.ts.
    database.createObjectStore('events');
    // By clientMessageId.
    database.createObjectStore('drafts');
  },
];
