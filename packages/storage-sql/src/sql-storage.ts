import { probeBatches, type Storage, type StorageCapabilities, systemClock } from '@tidemark/core';
import { writesOf } from './batch-writes.ts';
import { remainsIn, remainsOf } from './erasing.ts';
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
    commit: async (batch) => database.write(writesOf(batch, await remainsOf(database, batch.events))),
    probe: async () => {
      const batches = probeBatches(systemClock.now());
      await database.probe(batches.map((batch, nth) => writesOf(batch, remainsIn(batches.slice(0, nth), batch))));
      await readAsWriter({ history, inbox }, batches);
    },
  };
}
