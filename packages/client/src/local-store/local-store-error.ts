/**
 * What can be wrong with a local store:
 *
 *  - `corrupt`: what is here cannot be read.
 *  - `evicted`: what was here is gone, removed by the browser, the user or another program.
 *  - `full`: no room to write. Nothing was changed; the same may work later.
 *  - `unavailable`: it fails again and again, and nobody says why. Nothing in it is given up.
 *  - `blocked`: the platform refuses it, and will again. What is in it stays there.
 *  - `newer`: written by a later version of Tidemark, and left alone.
 */
export type LocalStoreProblem = 'corrupt' | 'evicted' | 'full' | 'unavailable' | 'blocked' | 'newer';

/** A local store rejects with it when the client has something to do about the failure beyond trying again. */
export class LocalStoreError extends Error {
  override readonly name = 'LocalStoreError';
  readonly problem: LocalStoreProblem;

  constructor(problem: LocalStoreProblem, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.problem = problem;
  }
}

/** Whether what the client holds in memory no longer stands on anything: it has to open and load again. */
export function isLost(error: unknown): error is LocalStoreError {
  return error instanceof LocalStoreError && ['corrupt', 'evicted', 'blocked'].includes(error.problem);
}

/** Of a failure that has come several times: what it is, or that nobody explains it. */
export function explained(cause: unknown): LocalStoreError {
  if (cause instanceof LocalStoreError) return cause;
  return new LocalStoreError('unavailable', 'it keeps failing', { cause });
}
