import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeStorage, type Storage } from '@tidemark/core';
import { storageConformance } from '@tidemark/testkit';
import { sqliteHistory, sqliteInbox, sqliteStorage } from '../src/index.ts';

storageConformance('sqlite', async () => {
  const { store, ...opened } = await onFile(sqliteStorage);
  return { storage: store, ...opened };
});

// Each role alone is proved by the composition of the two.
storageConformance('sqlite history and sqlite inbox in one file, composed', async () => {
  const { store, ...opened } = await onFile(
    (options): Storage => composeStorage({ history: sqliteHistory(options), inbox: sqliteInbox(options) }),
  );
  return { storage: store, ...opened };
});

interface Store {
  open(): Promise<void>;
  close(): Promise<void>;
}

/** A store on a file of its own, opened; `reopen` opens the file once more. */
async function onFile<S extends Store>(create: (options: { path: string }) => S) {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-sqlite-'));
  const stores: S[] = [];
  const open = async (): Promise<S> => {
    const store = create({ path: join(folder, 'data', 'chat.db') });
    stores.push(store);
    await store.open();
    return store;
  };
  return {
    store: await open(),
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await rm(folder, { recursive: true });
    },
  };
}
