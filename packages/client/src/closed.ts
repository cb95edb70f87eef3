import { TidemarkError } from '@tidemark/core';

/** What calls of a closed client reject with. */
export function closedError(): TidemarkError {
  return new TidemarkError('closing', 'the client was closed');
}

/** Throws it when the client is closed. */
export function throwIfClosed(closing: AbortSignal): void {
  if (closing.aborted) throw closedError();
}
