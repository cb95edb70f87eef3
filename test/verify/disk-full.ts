/**
 * A disk that is full, for SQLite: the file may not grow by a page. Every write that needs one fails in SQLite itself, with
 * SQLITE_FULL, in the midst of its transaction. No file system of its own is needed, nor the rights to make one.
 */
import Database from 'libsql';

const UNLIMITED = 4_294_967_294;

/** Databases of files that this process has opened. What was closed answers with an error, and is forgotten then. */
const opened = new Set<Database.Database>();

/** To be called before a store is opened: from then on its database is known. The store itself knows nothing of it. */
export function watchDisk(): void {
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function (this: Database.Database, ...args) {
    opened.add(this);
    return prepare.apply(this, args);
  } as typeof prepare;
}

/** The disk under every file that was opened since `watchDisk` is full, until called with false. Returns how many files. */
export function fillDisk(full: boolean): number {
  for (const database of opened) {
    try {
      // Less than the file has is taken as what it has.
      database.exec(`pragma max_page_count = ${full ? 1 : UNLIMITED}`);
    } catch {
      opened.delete(database);
    }
  }
  return opened.size;
}
