import type { Clock } from '@tidemark/core';

/** What `work` gives, or a rejection with `late()` when it takes longer than `ms`. What it does afterwards is nobody's concern. */
export async function inTime<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  const ended = new AbortController();
  const timeout = new Promise<never>((_, reject) => {
    void clock.sleep(ms, ended.signal).then(() => {
      if (!ended.signal.aborted) reject(late());
    });
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    ended.abort();
  }
}
