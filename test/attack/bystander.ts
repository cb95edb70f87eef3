import { setTimeout as sleep } from 'node:timers/promises';
import type { Attacker } from './attacker.ts';

/** What somebody felt who went on using the server meanwhile. */
export interface Felt {
  readonly answered: number;
  readonly refused: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** A well-behaved client, which sends a message, waits for its receipt, and then sends the next one. */
export class Bystander {
  readonly #waits: number[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #refused = 0;

  private constructor(attacker: Attacker, socket: Awaited<ReturnType<Attacker['signIn']>>) {
    this.#done = this.#goOn(attacker, socket);
  }

  /** Resolves when it is served. */
  static async start(attacker: Attacker): Promise<Bystander> {
    return new Bystander(attacker, await attacker.signIn());
  }

  /** Resolves when a message that was sent after the attack has its receipt. */
  async stop(): Promise<Felt> {
    this.#stop.abort();
    await this.#done;
    const sorted = this.#waits.toSorted((a, b) => a - b);
    const at = (index: number): number => Math.round((sorted[Math.max(0, index)] ?? 0) * 10) / 10;
    const medianMs = at(Math.floor((sorted.length - 1) / 2));
    return { answered: sorted.length, refused: this.#refused, medianMs, maxMs: at(sorted.length - 1) };
  }

  async #goOn(attacker: Attacker, socket: Awaited<ReturnType<Attacker['signIn']>>): Promise<void> {
    for (let isLast = false; !isLast; ) {
      isLast = this.#stop.signal.aborted;
      const message = attacker.send();
      const since = performance.now();
      socket.send(message);
      const answer = await socket.answerTo(message.id);
      if (!answer || 'error' in answer) this.#refused += 1;
      else this.#waits.push(performance.now() - since);
      if (!answer) return;
      socket.answers.length = 0;
      // A person who types fast, well below the rate that everybody has.
      if (!isLast) await sleep(50, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }
}
