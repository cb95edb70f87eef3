import { type Clock, DeploymentError } from '@tidemark/core';
import type { Health } from './health.ts';
import { inTime } from './in-time.ts';
import type { ServerEventBus } from './server-events.ts';

/** ms between two looks at the own clock, which cost nothing. */
const LOOK_EVERY = 1_000;
/** ms between two readings of the others while the own clock is right. */
const READ_EVERY = 10_000;
/** ms that a reading may take. */
const READ_TIMEOUT = 2_000;
const CAUSE = 'clock';

/**
 * The process' own clock, whose wall time is held against those of the services that all processes share: history, inbox and
 * Redis. These are read at start and every few seconds; in between the monotonic clock tells where they stand, so that a wall
 * clock that is moved is noticed at once, and a message costs no reading.
 *
 * `now` is never further from what the others say than `maxSkewMs`. While the own clock is, `refusal` says so, and the process
 * is to write nothing. Half of the others must agree with it: of two that disagree one is wrong. Where there are no others (a
 * file, memory), nothing says that the clock is wrong, the newest time in the store least of all: it may have been the one that
 * was.
 *
 * Keeps   `at` is bounded by what the services say, also while they cannot be reached
 * Proved  test/checked-clock.test.ts, test/fault/clock-off.services.test.ts
 */
export class CheckedClock implements Clock {
  readonly #options: CheckedClockOptions;
  readonly #closing = new AbortController();
  #sources: readonly WallTime[] = [];
  /** What the others show, less the monotonic time then; undefined while nobody has said. */
  #offset: number | undefined;
  /** Monotonic ms of the next reading. */
  #readAt = 0;
  #last: DeploymentError | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(options: CheckedClockOptions) {
    this.#options = options;
  }

  now(): number {
    const own = this.#options.clock.now();
    const expected = this.#expected;
    return isWithin(own, expected, this.#options.maxClockSkewMs) ? own : Math.floor(expected as number);
  }

  monotonic(): number {
    return this.#options.clock.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(ms, signal);
  }

  /** Why this process may write nothing; undefined when its clock is right. */
  get refusal(): DeploymentError | undefined {
    const own = this.#options.clock.now();
    const expected = this.#expected;
    if (expected === undefined || isWithin(own, expected, this.#options.maxClockSkewMs)) return undefined;
    return new DeploymentError(
      [{ what: 'the wall clock', here: isoOf(own), there: isoOf(expected) }],
      "Set this machine's clock right, or those of the store and of Redis: until then this process writes nothing.",
    );
  }

  /** What the last look found, at most a second ago: for what asks with every command, since to look costs a microsecond. */
  get lastRefusal(): DeploymentError | undefined {
    return this.#last;
  }

  /** Reads the sources, and goes on doing so until `close`. Never rejects: what cannot be read says nothing. */
  async watch(sources: readonly WallTime[]): Promise<void> {
    this.#sources = sources;
    if (sources.length === 0) return;
    await this.#read();
    this.#tell();
    this.#watching = this.#watch();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  get #expected(): number | undefined {
    return this.#offset === undefined ? undefined : this.#offset + this.monotonic();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await this.sleep(LOOK_EVERY, signal);
      if (signal.aborted) return;
      // A machine that slept has a monotonic clock that stood still: the others are asked before anything is said.
      if (this.refusal !== undefined || this.monotonic() >= this.#readAt) await this.#read();
      this.#tell();
    }
  }

  async #read(): Promise<void> {
    const { clock, maxClockSkewMs } = this.#options;
    this.#readAt = this.monotonic() + READ_EVERY;
    const readings = await Promise.all(this.#sources.map((source) => this.#offsetOf(source)));
    const offsets = readings.filter((offset) => offset !== undefined);
    const own = clock.now() - clock.monotonic();
    const agreeing = offsets.filter((offset) => isWithin(own, offset, maxClockSkewMs));
    if (offsets.length > 0) this.#offset = median(agreeing.length * 2 >= offsets.length ? agreeing : offsets);
  }

  async #offsetOf(source: WallTime): Promise<number | undefined> {
    const { clock, events } = this.#options;
    const asked = clock.monotonic();
    try {
      const late = (): Error => new Error(`no answer within ${READ_TIMEOUT} ms`);
      const time = await inTime(clock, READ_TIMEOUT, source(), late);
      if (!Number.isFinite(time)) throw new Error('the answer is no number');
      return time - (asked + clock.monotonic()) / 2;
    } catch (error) {
      events.emit('retried', { what: 'clock', attempt: 0, delayMs: READ_EVERY, error });
      return undefined;
    }
  }

  #tell(): void {
    const { health, events, clock } = this.#options;
    const error = this.refusal;
    const isNew = error !== undefined && this.#last === undefined;
    this.#last = error;
    if (error === undefined) health.well(CAUSE);
    else health.trouble(CAUSE, error.message, { isFinal: true });
    if (isNew) events.emit('clock-refused', { aheadMs: Math.round(clock.now() - (this.#expected as number)), error });
  }
}

/** What another clock shows, in ms since 1970. */
export type WallTime = () => Promise<number>;

export interface CheckedClockOptions {
  readonly clock: Clock;
  /** ms by which the own clock may differ from the others'. */
  readonly maxClockSkewMs: number;
  readonly events: ServerEventBus;
  readonly health: Health;
}

/**
 * ms by which an earlier `at` may exceed the time now though each clock was right: the two stand apart by twice what each may be
 * off. What exceeds it by more was dated by a wrong clock.
 */
export function mostAhead(maxClockSkewMs: number): number {
  return 2 * maxClockSkewMs;
}

function isWithin(own: number, expected: number | undefined, most: number): boolean {
  return expected === undefined || Math.abs(own - expected) <= most;
}

/** The lower of the two in the middle. There is at least one. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] as number;
}

/** A clock may show what no date can be. */
function isoOf(time: number): string {
  const date = new Date(Math.round(time));
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
