import { probeBatches, type Storage, type StorageCapabilities, systemClock } from '@tidemark/core';
import { writesOf } from './batch-writes.ts';
import { readAsWriter } from './probe-reads.ts';
import type { SqlDatabase } from './sql-database.ts';
import { sqlHistory } from './sql-history.ts';
import { sqlInbox } from './sql-inbox.ts';

/** Both roles on one SQL database: a commit is one transaction, and `range` of the inbox joins the events. */
export function sqlStorage(database: SqlDatabase, capabilities: Omit<StorageCapabilities, 'survives'>): Storage {
  const history = sqlHistory(database);
  const inbox = sqlInbox(database, { joinsEvents: true });
  return {
    capabilities: { ...capabilities, survives: database.survives },
    history,
    inbox,
    open: () => database.open(),
    close: () => database.close(),
    commit: (batch) => database.write(writesOf(batch)),
    probe: async () => {
      const batches = probeBatches(systemClock.now());
      await database.probe(batches.map(writesOf));
      await readAsWriter({ history, inbox }, batches);
    },
  };
}
