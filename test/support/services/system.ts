import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** What the tests ask of the machine: where a program is, who a user is, which processes descend from one. */

export const run = promisify(execFile);

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export const isRoot = process.getuid?.() === 0;

/** The full path of the first of these programs that exists: names are looked up on PATH, paths are taken as they are. */
export function findProgram(...candidates: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean);
  return candidates
    .flatMap((candidate) => (candidate.includes('/') ? [candidate] : folders.map((folder) => join(folder, candidate))))
    .find(isExecutable);
}

/** Folders `<parent>/<version>/bin`, newest version first: where Debian keeps what it can install side by side. */
export function versionedBinFolders(parent: string): string[] {
  try {
    return readdirSync(parent)
      .sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a))
      .map((version) => join(parent, version, 'bin'));
  } catch {
    return [];
  }
}

/** A program that stands beside another, or on PATH. */
export function programBeside(program: string, ...names: readonly string[]): string | undefined {
  return findProgram(...names.map((name) => join(dirname(program), name)), ...names);
}

/**
 * The user a server must run as that refuses to run as root. `undefined` when this process is not root (the server then
 * runs as the same user) or the system has no such user.
 */
export function unprivileged(name: string): SystemUser | undefined {
  if (!isRoot) return undefined;
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The process ids of everything that descends from `pid`, nearest first. */
export async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const children = new Map<number, number[]>();
  for (const line of stdout.split('\n')) {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    if (child !== undefined && parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found = [...(children.get(pid) ?? [])];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

/** Whether all of these have ended (a zombie that nobody has waited for has ended too). */
export async function areGone(pids: readonly number[]): Promise<boolean> {
  if (pids.length === 0) return true;
  const { stdout } = await run('ps', ['-o', 'stat=', '-p', pids.join(',')]).catch(() => ({ stdout: '' }));
  return stdout.split('\n').every((state) => state.trim() === '' || state.trim().startsWith('Z'));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
