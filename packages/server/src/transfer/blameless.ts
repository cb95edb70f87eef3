import { TidemarkError, UnavailableError } from '@tidemark/core';
import { textOf } from '../text-of.ts';

/**
 * A port of what stands between the processes (queue, counters, leases, refusals), whose failures are never a command's own:
 * whatever it fails with, a right that was taken away or an answer never seen before, may pass. What it refuses by a bound of
 * ours (`overloaded`) stays what it is. Part of stages 2 and 3.
 *
 * Keeps   P7 nothing is parked because of the queue
 * Proved  test/fault/redis-rights.services.test.ts
 */
export function blameless<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(value, target, args);
        } catch (cause) {
          if (cause instanceof UnavailableError || cause instanceof TidemarkError) throw cause;
          throw new UnavailableError(`${String(name)}: ${textOf(cause)}`, { cause });
        }
      };
    },
  });
}
