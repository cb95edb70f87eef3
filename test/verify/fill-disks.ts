import { setTimeout as sleep } from 'node:timers/promises';
import type { Heal } from '@tidemark/testkit/verify';

/** A server whose disk can be filled from outside. */
export interface DiskOwner {
  readonly name: string;
  /** Resolves with the number of files it has open, which can grow no more, or again. Rejects when it does not answer. */
  fillDisk(full: boolean): Promise<number>;
}

const TRY_AGAIN_MS = 50;

/**
 * Fills the disk under each server. One that is down at this moment, by another fault, is waited for until it runs and has
 * opened its store. Rejects when `over` aborts before all are full; then none is.
 */
export async function fillDisks(servers: readonly DiskOwner[], over: AbortSignal): Promise<Heal> {
  // One that has died meanwhile starts with room.
  const heal = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.fillDisk(false).catch(() => undefined)));
  };
  try {
    await Promise.all(servers.map((server) => fillDisk(server, over)));
    return heal;
  } catch (error) {
    // It comes after what one that stands still has not heard yet. Nobody waits for its answer.
    void heal();
    throw error;
  }
}

async function fillDisk(server: DiskOwner, over: AbortSignal): Promise<void> {
  let reason: unknown;
  for (; !over.aborted; await sleep(TRY_AGAIN_MS, undefined, { signal: over }).catch(() => {})) {
    try {
      const files = await server.fillDisk(true);
      if (files > 0 && !over.aborted) return;
      reason = files > 0 ? 'it answered too late' : 'it has opened no file';
    } catch (error) {
      reason = error;
    }
  }
  throw new Error(`the disk of ${server.name} was not filled in time: ${reason ?? 'no time was left'}`);
}
