import { backoff, type Clock, type Random } from '@tidemark/core';
import type { ClientEmitter, ClientEvents } from './client-events.ts';

/** Back-off of everything in the client that is tried again, in ms. */
export interface RetryTiming {
  readonly clock: Clock;
  readonly random: Random;
  readonly baseMs: number;
  readonly capMs: number;
}

/** Says that something did not work, and waits until it is tried again; ends early when `until` aborts. */
export async function waitToRetry(
  failed: Omit<ClientEvents['retrying'], 'waitMs'>,
  timing: RetryTiming,
  events: ClientEmitter,
  until: AbortSignal,
  onWait?: (waitMs: number) => void,
): Promise<void> {
  const waitMs = backoff(failed.attempt, timing);
  events.emit('retrying', { ...failed, waitMs });
  onWait?.(waitMs);
  await timing.clock.sleep(waitMs, until);
}
