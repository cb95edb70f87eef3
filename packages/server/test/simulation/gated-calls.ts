import { UnavailableError } from '@tidemark/core';

/** What becomes of a call of a port: `lost` is carried out, and its answer never arrives; `refused` is not carried out. */
export type CallFate = 'answered' | 'refused' | 'lost';

interface GatedCall {
  readonly caller: string;
  readonly name: string;
  readonly carryOut: () => Promise<unknown>;
  readonly answer: (answer: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Every call that a stage makes of a port waits here until the schedule lets it through, in any order among callers. A caller
 * that is killed is never answered again, as a process that died; what it had asked for and was not let through never happens.
 */
export class GatedCalls {
  #waiting: GatedCall[] = [];
  readonly #dead = new Set<string>();

  get size(): number {
    return this.#waiting.length;
  }

  /** The port with every method gated. */
  gate<T extends object>(caller: string, portName: string, port: T): T {
    const gated: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(port)) {
      gated[name] =
        typeof value === 'function'
          ? (...args: unknown[]) =>
              this.#call(caller, `${portName}.${name}`, () =>
                (value as (...all: unknown[]) => Promise<unknown>)(...args),
              )
          : value;
    }
    return gated as T;
  }

  /** Lets the call at `index` through, if there is one. Resolves with what happened, for the trace. */
  async step(index: number, fate: CallFate): Promise<string | undefined> {
    const [call] = this.#waiting.splice(index % Math.max(1, this.#waiting.length), 1);
    if (!call) return undefined;
    if (fate === 'refused') call.fail(new UnavailableError('connection refused'));
    else {
      try {
        const answer = await call.carryOut();
        if (fate === 'lost') call.fail(new UnavailableError('connection lost'));
        else call.answer(answer);
      } catch (error) {
        call.fail(error);
      }
    }
    return `${call.caller} ${call.name} ${fate}`;
  }

  kill(caller: string): void {
    this.#dead.add(caller);
    this.#waiting = this.#waiting.filter((call) => call.caller !== caller);
  }

  #call(caller: string, name: string, carryOut: () => Promise<unknown>): Promise<unknown> {
    if (this.#dead.has(caller)) return new Promise(() => {});
    return new Promise((answer, fail) => {
      this.#waiting.push({ caller, name, carryOut, answer, fail });
    });
  }
}
