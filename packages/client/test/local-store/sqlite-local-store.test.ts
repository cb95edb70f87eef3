import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteLocalStore } from '@tidemark/client/sqlite';
import Database from 'libsql';
import { localStoreConformance } from '../local-store-conformance.ts';

localStoreConformance('in SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-local-'));
  const opened: InstanceType<typeof Database>[] = [];
  return {
    make: () => {
      const database = new Database(join(folder, 'local.db'));
      opened.push(database);
      return sqliteLocalStore({ database });
    },
    [Symbol.asyncDispose]: async () => {
      for (const database of opened) database.close();
      rmSync(folder, { recursive: true });
    },
  };
});
