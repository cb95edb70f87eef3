import { setTimeout as sleep } from 'node:timers/promises';
import type { Attacker } from './attacker.ts';
import type { RawSocket } from './raw-socket.ts';

/** What somebody felt who went on using the server meanwhile. */
export interface Felt {
  readonly answered: number;
  readonly refused: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** A well-behaved client, which asks, or sends a message, waits for the answer, and then goes on. */
export class Bystander {
  readonly #waits: number[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #refused = 0;

  private constructor(attacker: Attacker, socket: RawSocket, only: 'asks' | undefined) {
    this.#done = this.#goOn(attacker, socket, only);
  }

  /** Resolves when it is served. Where no worker runs it only asks. */
  static async start(attacker: Attacker, only?: 'asks'): Promise<Bystander> {
    return new Bystander(attacker, await attacker.signIn(), only);
  }

  /** Resolves when a call that was made after the attack is answered. */
  async stop(): Promise<Felt> {
    this.#stop.abort();
    await this.#done;
    const sorted = this.#waits.toSorted((a, b) => a - b);
    const at = (index: number): number => Math.round((sorted[Math.max(0, index)] ?? 0) * 10) / 10;
    const medianMs = at(Math.floor((sorted.length - 1) / 2));
    return { answered: sorted.length, refused: this.#refused, medianMs, maxMs: at(sorted.length - 1) };
  }

  async #goOn(attacker: Attacker, socket: RawSocket, only: 'asks' | undefined): Promise<void> {
    for (let isLast = false; !isLast; ) {
      isLast = this.#stop.signal.aborted;
      const message = only ? attacker.request('query', 'chat.inbox.head') : attacker.send();
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
