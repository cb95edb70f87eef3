import { type Clock, parseErrorText, TidemarkError } from '@tidemark/core';
import { toTidemarkError } from '../call-error.ts';
import { closedError } from '../closed.ts';
import type { TabMessage } from './tab-message.ts';

/** What only the leader does, by name. Input and answer are JSON; doing it twice must be doing it once. */
export type LeaderWork = Readonly<Record<string, (input: never) => Promise<unknown>>>;

type InputOf<F> = F extends (input: infer I) => Promise<unknown> ? I : never;

interface Question {
  readonly name: string;
  readonly input: unknown;
  /** With a value, or the promise of one. */
  readonly resolve: (value: unknown) => void;
  /** Aborted when it is answered. */
  readonly answered: AbortController;
}

/**
 * The line to whoever leads: in the leader itself a call, in another tab a question that is asked again of the next leader
 * when this one goes before it has answered. Questions keep their order.
 */
export interface LeaderLine<W extends LeaderWork> {
  ask<K extends keyof W & string>(name: K, input: InputOf<W[K]>): ReturnType<W[K]>;
  /** This tab leads, until it is said to follow. */
  lead(): void;
  follow(): void;
  /** Another tab leads, and is ready: what is open is asked of it. */
  leaderIs(tab: string): void;
  take(message: Extract<TabMessage, { type: 'ask' | 'answer' }>): void;
  /** Rejects what is open. */
  close(error: Error): void;
}

/** How long a question waits for an answer, in ms: a call of the leader's, and a change of leaders. */
const PATIENCE_MS = 60_000;
/** After so long without an answer it is worth asking whether there is still a leader, in ms. */
const DOUBT_MS = 1_000;

export function createLeaderLine<W extends LeaderWork>(options: {
  readonly tab: string;
  readonly work: W;
  readonly clock: Clock;
  readonly closing: AbortSignal;
  readonly post: (message: TabMessage) => void;
  /** A question waits long. */
  readonly onDoubt: () => void;
}): LeaderLine<W> {
  const { tab, work, clock, closing, post, onDoubt } = options;
  const open = new Map<string, Question>();
  /** Asked by other tabs and under way, so that one that asks again does not start it again. */
  const underWay = new Set<string>();
  let leader: string | undefined;
  let asked = 0;

  async function carryOut(name: string, input: unknown): Promise<unknown> {
    const run = Object.hasOwn(work, name) ? work[name] : undefined;
    if (!run) throw new TidemarkError('invalid_input', `the tab that leads knows no ${name}`);
    try {
      return await (run as (input: unknown) => Promise<unknown>)(input);
    } catch (error) {
      throw toTidemarkError(error);
    }
  }

  function resolve(id: string, value: unknown): void {
    const question = open.get(id);
    open.delete(id);
    question?.answered.abort();
    question?.resolve(value);
  }

  function reject(id: string, error: unknown): void {
    if (open.has(id)) resolve(id, Promise.reject(error));
  }

  function put(id: string, { name, input }: Question): void {
    if (leader === tab) {
      carryOut(name, input).then(
        (value) => resolve(id, value),
        (error) => reject(id, error),
      );
    } else if (leader !== undefined) post({ type: 'ask', id, name, input });
  }

  function turnTo(next: string): void {
    leader = next;
    for (const [id, question] of [...open]) put(id, question);
  }

  async function answer(id: string, name: string, input: unknown): Promise<void> {
    if (underWay.has(id)) return;
    underWay.add(id);
    try {
      const value = await carryOut(name, input);
      // One whose term ended meanwhile says nothing: its successor is asked again.
      if (leader === tab) post({ type: 'answer', id, value: value ?? null });
    } catch (error) {
      if (leader === tab) post({ type: 'answer', id, error: (error as Error).message });
    } finally {
      underWay.delete(id);
    }
  }

  async function expire(id: string, { answered: { signal } }: Question): Promise<void> {
    await clock.sleep(DOUBT_MS, signal);
    if (signal.aborted) return;
    onDoubt();
    await clock.sleep(PATIENCE_MS - DOUBT_MS, signal);
    reject(id, new TidemarkError('outcome_unknown', 'the tab that leads does not answer'));
  }

  function ask(name: string, input: unknown): Promise<unknown> {
    if (closing.aborted) return Promise.reject(closedError());
    if (leader === tab) return carryOut(name, input);
    return new Promise((resolve) => {
      asked += 1;
      const id = `${tab}/${asked}`;
      const question: Question = { name, input, resolve, answered: new AbortController() };
      open.set(id, question);
      put(id, question);
      void expire(id, question);
    });
  }

  return {
    ask: ask as LeaderLine<W>['ask'],
    lead: () => turnTo(tab),
    follow: () => {
      leader = undefined;
    },
    leaderIs: turnTo,
    take: (message) => {
      if (message.type === 'ask') {
        if (leader === tab) void answer(message.id, message.name, message.input);
        return;
      }
      const { id, value, error } = message;
      if (error === undefined) resolve(id, value);
      else reject(id, parseErrorText(error) ?? new TidemarkError('outcome_unknown', error));
    },
    close: (error) => {
      for (const id of [...open.keys()]) reject(id, error);
    },
  };
}
