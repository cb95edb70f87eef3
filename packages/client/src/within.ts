import { type Clock, TidemarkError } from '@tidemark/core';
import { withOwnSignal } from './abort-signal.ts';

/**
 * What a function of the application's gives, or a call over the network: nothing waits for it for ever. Rejects when `ms`
 * have passed, naming the option that sets them, and when `signal` aborts. The signal that `work` is given aborts then too.
 */
export function within<T>(
  ms: number,
  option: string,
  work: (signal: AbortSignal) => T | Promise<T>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  return withOwnSignal(signal, (own) => {
    const late = clock.sleep(ms, own).then(() => {
      throw new TidemarkError(
        'outcome_unknown',
        signal?.aborted ? 'given up' : `no answer within ${ms} ms (${option})`,
      );
    });
    late.catch(() => undefined);
    return Promise.race([signal?.aborted ? late : work(own), late]);
  });
}
