import { type Clock, TidemarkError } from '@tidemark/core';
import { onAbort, withOwnSignal } from './abort-signal.ts';
import { LONGEST_MS, wholeNumbers } from './check-options.ts';
import { closedError } from './closed.ts';
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import { hasEnded } from './connection/connection.ts';
import type { View } from './views/view.ts';

export interface LiveOptions {
  /** Longest wait, in ms: from 1 to a day. Default 30,000. */
  readonly timeoutMs?: number;
  /** Ends the wait: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

const TIMEOUT = { timeoutMs: [30_000, LONGEST_MS] } as const;

/** Resolves when the state is `live`, and rejects as `ConnectedClient.live` says. `closing` aborts when the client closes. */
export async function whenLive(
  connection: View<ClientConnectionState>,
  clock: Clock,
  closing: AbortSignal,
  options: LiveOptions = {},
): Promise<void> {
  const { timeoutMs } = wholeNumbers(TIMEOUT, options);
  const { signal } = options;
  const wait = (over: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      function look(): void {
        const now = connection.getSnapshot();
        if (now.state === 'live') resolve();
        else if (closing.aborted) reject(closedError());
        else if (hasEnded(now)) reject(new TidemarkError('unauthenticated', whyOf(now)));
      }
      onAbort(over, connection.subscribe(look));
      look();
      void clock.sleep(timeoutMs, over).then(() => {
        if (signal?.aborted) reject(signal.reason ?? new Error('aborted'));
        const why = whyOf(connection.getSnapshot());
        reject(new TidemarkError('unavailable', `not live within ${timeoutMs} ms (timeoutMs): ${why}`));
      });
    });
  return withOwnSignal(signal, wait);
}

/** Why the client is not live, for a log. */
function whyOf(now: ClientConnectionState): string {
  return 'cause' in now ? now.cause.detail : now.state;
}
