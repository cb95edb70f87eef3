import type { Clock } from '@tidemark/core';

/** What is waited for, in this order, before `ready()` resolves. */
export type OpeningStep = 'open' | 'claim' | 'listen' | 'workers';

const STEPS: Readonly<Record<OpeningStep, string>> = {
  open: 'the storage to open',
  claim: 'Redis to take the claim of this deployment',
  listen: 'the channel on which this process hears of others',
  workers: 'the list of workers',
};

/** A database that is started together with the server is worth no word. */
const LASTING_MS = 5_000;

/**
 * Says on the console, once for each cause, what keeps `ready()` pending: calls wait for it, and without a word a server whose
 * database cannot be reached looks like one that does nothing.
 */
export class OpeningWarnings {
  readonly #ended = new AbortController();
  readonly #said = new Set<string>();
  #step: OpeningStep = 'open';
  /** Of the last attempt; undefined while the first has not ended. */
  #error: unknown;

  begun(step: OpeningStep): void {
    this.#step = step;
    this.#error = undefined;
  }

  failed(error: unknown): void {
    this.#error = error;
  }

  /** @param opened settles when nothing is waited for any more @param closing aborts when nobody wants to know */
  async watch(opened: Promise<void>, clock: Clock, closing: AbortSignal): Promise<void> {
    const end = (): void => this.#ended.abort();
    closing.addEventListener('abort', end, { once: true });
    opened.then(end, (error) => {
      if (!closing.aborted) warn(`messaging cannot start: ${textOf(error)}`);
      end();
    });
    for (;;) {
      await clock.sleep(LASTING_MS, this.#ended.signal);
      if (this.#ended.signal.aborted) break;
      this.#say();
    }
    closing.removeEventListener('abort', end);
  }

  /** What is waited for, and why. */
  get cause(): string {
    const why = this.#error === undefined ? 'no answer yet' : textOf(this.#error);
    return `${STEPS[this.#step]}: ${why}`;
  }

  #say(): void {
    const sentence = `ready() and all calls wait for ${this.cause}`;
    if (this.#said.has(sentence)) return;
    this.#said.add(sentence);
    warn(sentence);
  }
}

/** The one place where the server speaks to whoever runs it, besides its events. */
export function warn(sentence: string): void {
  // biome-ignore lint/suspicious/noConsole: what nobody listens for would otherwise be silence
  console.warn(`tidemark: ${sentence} (warnings: false turns this off)`);
}

/** With its causes: what a storage throws says that it cannot be reached, and the driver's own words say why. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${textOf(cause)}` : message;
}
