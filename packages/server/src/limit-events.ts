import type { Clock } from '@tidemark/core';
import { RecentMap } from './recent-map.ts';
import type { LimitCaller, ServerEventBus } from './server-events.ts';

/** ms between two events of one limit and one caller: an attacker must not fill the application's logs. */
const EVERY_MS = 1_000;
/** Limits and callers whose last event is remembered. */
const REMEMBERED = 10_000;

/** Emits `limit-reached`, at most once a second for each limit and caller. */
export class LimitEvents {
  readonly #events: ServerEventBus;
  readonly #clock: Clock;
  /** Monotonic ms of the last event. */
  readonly #emittedAt = new RecentMap<string, number>(REMEMBERED);

  constructor(events: ServerEventBus, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** @param limit the option's dotted name, such as `limits.feedsPerUser` */
  reached(limit: string, caller: LimitCaller = {}): void {
    const key = `${limit} ${caller.userId ?? ''} ${caller.address ?? ''} ${caller.partition ?? ''}`;
    const now = this.#clock.monotonic();
    const last = this.#emittedAt.get(key);
    if (last !== undefined && now - last < EVERY_MS) return;
    this.#emittedAt.put(key, now);
    this.#events.emit('limit-reached', { limit, ...caller });
  }
}
