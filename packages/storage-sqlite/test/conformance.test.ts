import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeStorage, type Storage } from '@tidemark/core';
import { storageConformance } from '@tidemark/testkit';
import { reopeningStore } from '../../../test/support/reopening-store.ts';
import { sqliteHistory, sqliteInbox, sqliteStorage } from '../src/index.ts';

storageConformance('sqlite', () => onFile(sqliteStorage));

// Each role alone is proved by the composition of the two.
storageConformance('sqlite history and sqlite inbox in one file, composed', () =>
  onFile((options): Storage => composeStorage({ history: sqliteHistory(options), inbox: sqliteInbox(options) })),
);

/** A store on a file of its own, opened; `reopen` opens the file once more. */
async function onFile(create: (options: { path: string }) => Storage) {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-sqlite-'));
  const open = (): Storage => create({ path: join(folder, 'data', 'chat.db') });
  return reopeningStore(open, () => rm(folder, { recursive: true }));
}
