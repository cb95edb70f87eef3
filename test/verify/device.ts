/** The device program of our own runs: the default one, with a local store that outlives its process. */
import { sqliteLocalStore } from '@tidemark/client/sqlite';
import { runDevice } from '@tidemark/testkit/verify';
import Database from 'libsql';

runDevice({ store: (file) => sqliteLocalStore({ database: new Database(file) }) });
