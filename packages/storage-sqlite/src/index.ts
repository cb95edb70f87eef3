export { type SqliteOptions, sqliteHistory, sqliteInbox, sqliteStorage } from './sqlite-storage.ts';
