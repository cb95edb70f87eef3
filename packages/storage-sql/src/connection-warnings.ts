import { systemClock } from '@tidemark/core';

/** ms for which a warning is not repeated. */
const QUIET = 60_000;

/**
 * Tells what an adapter found wrong with connections of the application's pool, each thing at most once a minute.
 *
 * @param tell by default a warning of the process, of the name `TidemarkWarning`
 */
export function connectionWarnings(tell?: (warning: string) => void): (warning: string) => void {
  const told = new Map<string, number>();
  return (warning) => {
    const now = systemClock.monotonic();
    if (now - (told.get(warning) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
    told.set(warning, now);
    if (tell) tell(warning);
    else process.emitWarning(warning, 'TidemarkWarning');
  };
}
