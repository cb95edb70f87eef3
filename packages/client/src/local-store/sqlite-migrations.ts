import { LocalStoreError } from './local-store-error.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/**
 * Statements that lead from one version to the next; the first makes an empty database version 1. What holds in every
 * version: the tables are named tidemark_…, and all but tidemark_version have a column user_id. `erase` relies on it.
 */
export const SQLITE_MIGRATIONS: readonly string[] = [
  `create table tidemark_users (
     user_id text primary key,
     -- Another one each time the user's data begins anew: who remembers an older one stands on data that is gone.
     incarnation text not null,
     cursor text
   ) without rowid;
   create table tidemark_conversations (
     user_id text not null,
     conversation_id text not null,
     row text not null,
     primary key (user_id, conversation_id)
   ) without rowid;
   create table tidemark_events (
     user_id text not null,
     conversation_id text not null,
     conversation_seq integer not null,
     event text not null,
     primary key (user_id, conversation_id, conversation_seq)
   ) without rowid;
   create table tidemark_drafts (
     user_id text not null,
     client_message_id text not null,
     draft text not null,
     primary key (user_id, client_message_id)
   ) without rowid;`,
];

/** Brings the database to the newest version, in one transaction. Rejects as `newer` what a later version wrote. */
export function migrateSqlite(database: SqliteDatabase, migrations: readonly string[] = SQLITE_MIGRATIONS): void {
  database.exec('create table if not exists tidemark_version (version integer not null)');
  const version = versionOf(database);
  if (version > migrations.length) {
    throw new LocalStoreError(
      'newer',
      `the local database has version ${version}, this build knows ${migrations.length}`,
    );
  }
  if (version === migrations.length) return;
  database.exec('begin immediate');
  try {
    // Another process may have been first.
    const from = versionOf(database);
    for (const statements of migrations.slice(from)) database.exec(statements);
    database.exec('delete from tidemark_version');
    database.prepare('insert into tidemark_version (version) values (?)').run(Math.max(from, migrations.length));
    database.exec('commit');
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}

function versionOf(database: SqliteDatabase): number {
  const found = database.prepare('select version from tidemark_version').get() as { version: number } | undefined;
  return found?.version ?? 0;
}
