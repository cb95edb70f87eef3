import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while no other process of this machine runs work under the same name. The lock is a socket name in Linux's
 * abstract namespace, so the kernel releases it when its holder dies and no stale lock file can exist. Elsewhere the
 * work runs without a lock: only steps that Linux alone takes (Debian packages), or that end in an atomic rename, use it.
 */
export async function underMachineLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return work();
  for (;;) {
    const holder = createServer();
    const taken = once(holder, 'error');
    taken.catch(() => {});
    holder.listen(`\0tidemark-tests-${process.getuid?.()}-${name}`);
    if ((await Promise.race([once(holder, 'listening').then(() => 'held'), taken])) === 'held') {
      try {
        return await work();
      } finally {
        holder.close();
      }
    }
    await sleep(50);
  }
}
