/**
 * How a process is.
 *
 *  - `starting`  storage and queue are not open yet.
 *  - `ok`        it does all it is for.
 *  - `degraded`  it goes on, but something that `reasons` name keeps part of its work from being done.
 *  - `refused`   it takes no part, and needs a person: see `reasons`.
 *  - `closed`    `close` was called.
 */
export type HealthStatus = 'starting' | 'ok' | 'degraded' | 'refused' | 'closed';

export interface HealthReport {
  readonly status: HealthStatus;
  /** What is wrong, the newest last; empty when nothing is. */
  readonly reasons: readonly HealthReason[];
}

export interface HealthReason {
  /** Names the trouble: the same one is listed once. */
  readonly what: string;
  /** A sentence for people. */
  readonly text: string;
}
