import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes. */
export interface MemoryHeld {
  readonly rss: number;
  /** Of objects in use, in V8's heap and outside. */
  readonly used: number;
}

/** Of this process, without what only waits to be collected. It needs `--expose-gc`. */
export async function memoryHeld(): Promise<MemoryHeld> {
  if (!globalThis.gc) throw new Error('memory is measured after a collection: start it with --expose-gc');
  // What the first collection let go of, the second can free, and V8 then gives pages back.
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc();
    await sleep(50);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, used: heapUsed + external };
}
