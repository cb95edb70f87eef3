import type { Clock, Random } from '@tidemark/core';
import { backoff } from '@tidemark/core';
import type { Envelope } from '../ingress/envelope.ts';
import type { StreamEntry } from '../ingress/ingress-stream.ts';
import type { StoreMark } from './store-health.ts';

/** A queued command, decoded. */
export interface Task {
  readonly entry: StreamEntry;
  readonly envelope: Envelope;
}

/** Waits between two tries, doubling, in ms. */
const WAITS = { baseMs: 100, capMs: 5_000 };
/** A lane waits for so many times as long as its last try took: those who try alone take a small part of the partition's time. */
const SHARE = 4;

/** One command that failed alone, and what its sender sent to the same conversation after it, in order. */
export interface SideLane {
  readonly key: string;
  readonly suspect: Task;
  readonly behind: Task[];
  /** Failures in a row, each while the store went well for others before and after it. */
  failures: number;
  /** Monotonic ms of the first of them. */
  since: number;
  /** What others had done when it failed last. */
  mark: StoreMark;
  tries: number;
  /** Monotonic ms of the next try. */
  due: number;
}

/**
 * Where a command waits that fails alone, so that it holds up nobody but its own sender in its own conversation. Nothing in
 * here is acknowledged: the queue holds it, bounded by `backlog` and `backlogBytes`, and whoever owns the partition next reads
 * it again. Part of stage 3.
 *
 * Keeps   P5 a sender's order in a conversation, P7 what fails alone is tried again, and the rest goes through
 * Proved  test/transfer/failures.test.ts
 */
export class SideLanes {
  readonly #lanes = new Map<string, SideLane>();
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Monotonic ms when a lane is due; undefined without lanes. */
  get due(): number | undefined {
    if (this.#lanes.size === 0) return undefined;
    return Math.min(...[...this.#lanes.values()].map(({ due }) => due));
  }

  /** The lane that is due, longest first. */
  next(): SideLane | undefined {
    const now = this.#clock.monotonic();
    let first: SideLane | undefined;
    for (const lane of this.#lanes.values()) if (lane.due <= now && (!first || lane.due < first.due)) first = lane;
    return first;
  }

  /** Those that may be carried out. The others stand behind one that failed, and queue there. */
  pass<T extends Task>(tasks: readonly T[]): readonly T[] {
    if (this.#lanes.size === 0) return tasks;
    return tasks.filter((task) => {
      const lane = this.#lanes.get(keyOf(task));
      lane?.behind.push(task);
      return lane === undefined;
    });
  }

  /** A command failed alone, while the store was well. */
  open(suspect: Task, mark: StoreMark): SideLane {
    const now = this.#clock.monotonic();
    const key = keyOf(suspect);
    const lane: SideLane = { key, suspect, behind: [], failures: 1, since: now, mark, tries: 0, due: now };
    this.#lanes.set(key, lane);
    this.putOff(lane, 0);
    return lane;
  }

  /** The next try is later. @param took ms of the last one @returns ms until then */
  putOff(lane: SideLane, took: number): number {
    const delayMs = Math.max(backoff(lane.tries, { ...WAITS, random: this.#random }), SHARE * took);
    lane.tries += 1;
    lane.due = this.#clock.monotonic() + delayMs;
    return delayMs;
  }

  /** All are due now. */
  hurry(): void {
    const now = this.#clock.monotonic();
    for (const lane of this.#lanes.values()) lane.due = Math.min(lane.due, now);
  }

  /** The lane ends; gives those behind it. */
  close(lane: SideLane): readonly Task[] {
    this.#lanes.delete(lane.key);
    return lane.behind;
  }
}

/** What one sender sends to one conversation keeps its order. */
function keyOf({ envelope }: Task): string {
  const { actorId, conversationId } = envelope.command;
  return `${actorId} ${conversationId}`;
}
