import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, writeFileSync } from 'node:fs';

/** Whatever the umask: only the user who runs the server reads what people write. */
export const OWNER_ONLY = { folder: 0o700, file: 0o600 } as const;
const OURS = /^(?:chat\.db|people\.json|sessions\.json|uploads$|[\w-]{22}\.)/;

/** Makes the folder, or closes it to others. One that holds files of somebody else keeps its mode: `--data /tmp` is no order to close /tmp. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.folder });
  if (readdirSync(folder).every((name) => OURS.test(name))) chmodSync(folder, OWNER_ONLY.folder);
}

/** Makes an empty database, or closes the one that is there. SQLite gives the files that it keeps beside it the same mode. */
export function makePrivateDatabase(path: string): void {
  closeSync(openSync(path, 'a', OWNER_ONLY.file));
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) chmodSync(path + suffix, OWNER_ONLY.file);
}

/** Replaces the file in one step, so that a server that is killed meanwhile leaves the old or the new one. */
export function writePrivateFile(path: string, text: string): void {
  const next = `${path}.next`;
  writeFileSync(next, text, { mode: OWNER_ONLY.file });
  renameSync(next, path);
}
