import type { ChatLimits } from './limits.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Whom a limit stopped: the user, or the address of somebody who isn't signed in. */
export interface StoppedCaller {
  readonly userId?: string | undefined;
  readonly address?: string | undefined;
}

/** The event `limit-reached` of messaging has this form, too: one listener hears of both. */
export interface ReachedLimit extends StoppedCaller {
  /** The option's dotted name, such as `limits.signIns`. */
  readonly limit: string;
}

/** Reports limits that were reached, at most once a second for each limit and caller: an attacker must not fill the log. */
export class LimitReports {
  readonly #report: (event: ReachedLimit) => void;
  readonly #pace: TokenBuckets;

  /** @param now monotonic, in ms */
  constructor(report: (event: ReachedLimit) => void, now?: () => number) {
    this.#report = report;
    this.#pace = new TokenBuckets({ burst: 1, perSecond: 1 }, now);
  }

  reached(limit: keyof ChatLimits, caller: StoppedCaller): void {
    const name = `limits.${limit}`;
    if (this.#pace.take(`${name} ${caller.userId ?? ''} ${caller.address ?? ''}`) > 0) return;
    this.#report({ limit: name, ...caller });
  }
}
