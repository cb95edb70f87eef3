import { readdirSync, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Folders that live as long as a service of this process. Their names hold the process id, so that what a killed
 * process left behind is found and removed by the next one.
 */
const PREFIX = 'tidemark-service-';
const mine = new Set<string>();
const swept = new Set<string>();

/** @param parent must exist; the system's folder for temporary files by default. */
export async function makeTempFolder(parent = tmpdir()): Promise<string> {
  if (!swept.has(parent)) removeLeftovers(parent);
  swept.add(parent);
  const folder = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  // The server may run as another user, who must be able to reach its own folder within.
  await chmod(folder, 0o755);
  mine.add(folder);
  return folder;
}

export function removeTempFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  mine.delete(folder);
}

process.on('exit', () => {
  for (const folder of mine) rmSync(folder, { recursive: true, force: true });
});

function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : undefined;
    if (owner !== undefined && owner !== process.pid && !processExists(owner)) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
