export { newEpoch } from '@tidemark/core';
export { type SqliteOptions, sqliteHistory, sqliteInbox, sqliteStorage } from './sqlite-storage.ts';
