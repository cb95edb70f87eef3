import { type Clock, TidemarkError } from '@tidemark/core';
import { onAbort } from './abort-signal.ts';

/**
 * What a function of the application's gives, or a call over the network: nothing waits for it for ever. Rejects when `ms`
 * have passed, naming the option that sets them, and when `signal` aborts. The signal that `work` is given aborts then too.
 */
export async function within<T>(
  ms: number,
  option: string,
  work: (signal: AbortSignal) => T | Promise<T>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const release = signal && onAbort(signal, () => over.abort());
  const late = clock.sleep(ms, over.signal).then(() => {
    throw new TidemarkError('outcome_unknown', signal?.aborted ? 'given up' : `no answer within ${ms} ms (${option})`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([signal?.aborted ? late : work(over.signal), late]);
  } finally {
    release?.();
    over.abort();
  }
}
