export type { SqliteDatabase, SqliteStatement } from './local-store/sqlite-database.ts';
export { type SqliteLocalStoreOptions, sqliteLocalStore } from './local-store/sqlite-local-store.ts';
