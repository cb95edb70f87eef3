import type { Clock } from '@tidemark/core';

/** What `close` waits for, in this order: commands in work, sockets, the opening, partitions and purging, feeds, claim, ports. */
export type ClosingStep =
  | 'sockets'
  | 'opening'
  | 'partitions'
  | 'purging'
  | 'feeds'
  | 'claim'
  | 'backplane'
  | 'storage';

type Steps = Readonly<Partial<Record<ClosingStep, () => Promise<unknown>>>>;

/**
 * Carries the steps out, group after group, those of a group together, and resolves when all have ended, or after `ms`.
 * Then the groups that are left are begun all the same, so that connections are let go of, and nobody waits for them.
 * Returns the steps that were being waited for when the time was over: a port hangs in each of them.
 *
 * Rejects with the error of a step that fails in time.
 */
export async function closeInOrder(groups: readonly Steps[], ms: number, clock: Clock): Promise<ClosingStep[]> {
  const ended = new AbortController();
  let late = false;
  const timeout = clock.sleep(ms, ended.signal).then(() => {
    late = true;
  });
  const hanging: ClosingStep[] = [];
  try {
    for (const group of groups) {
      const open = new Set<ClosingStep>();
      const steps = Object.entries(group) as [ClosingStep, () => Promise<unknown>][];
      const done = Promise.all(
        steps.map(async ([name, step]) => {
          open.add(name);
          await step();
          open.delete(name);
        }),
      );
      // Of what nobody waits for any more.
      done.catch(() => {});
      if (late) continue;
      await Promise.race([done, timeout]);
      hanging.push(...open);
    }
  } finally {
    ended.abort();
  }
  return hanging;
}
