import type { Storage, StorageCapabilities } from '@tidemark/core';
import { writesOf } from './batch-writes.ts';
import type { SqlDatabase } from './sql-database.ts';
import { sqlHistory } from './sql-history.ts';
import { sqlInbox } from './sql-inbox.ts';

/** Both roles on one SQL database: a commit is one transaction, and `range` of the inbox joins the events. */
export function sqlStorage(database: SqlDatabase, capabilities: StorageCapabilities): Storage {
  return {
    capabilities,
    history: sqlHistory(database),
    inbox: sqlInbox(database, { joinsEvents: true }),
    open: () => database.open(),
    close: () => database.close(),
    commit: (batch) => database.write(writesOf(batch)),
  };
}
