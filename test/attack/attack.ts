import type { Attacker } from './attacker.ts';
import type { Target } from './target.ts';

/** One attack: a row of the tables beside, and a test. */
export interface Attack {
  /** What is tried, as the end of the sentence "nobody is harmed by …". */
  readonly name: string;
  readonly who: 'a stranger' | 'a user' | 'a page of another origin';
  readonly target: Target;
  /** Tries it, and resolves with what came back and what was left behind, as plain data. */
  readonly send: (attacker: Attacker) => Promise<Outcome>;
  /** What must come back. */
  readonly must: Readonly<Record<string, Expected>>;
  /** What it may cost the server: five times what it needs, and more. */
  readonly cost: Cost;
}

export type Outcome = Readonly<Record<string, Value>>;
type Value = string | number | boolean | undefined | readonly Value[];

/** The value itself, or the most that it may be. */
export type Expected = Value | { readonly atMost: number };

export interface Cost {
  /** CPU milliseconds on the reference machine; a slower one may use more. */
  readonly cpuMs: number;
  /** How far the resident memory may grow. */
  readonly memoryMb: number;
}

/** Of an attack that is refused at first sight. */
export const LITTLE: Cost = { cpuMs: 1_000, memoryMb: 96 };

/** Of one that makes dozens of calls. */
export const SOME: Cost = { cpuMs: 2_500, memoryMb: 96 };

/** The parts of an outcome that are not as they must be. */
export function faultsOf({ must }: Attack, outcome: Outcome): string[] {
  return Object.entries(must).flatMap(([name, expected]) => {
    const value = outcome[name];
    const isLimit = typeof expected === 'object' && 'atMost' in expected;
    const isRight = isLimit
      ? typeof value === 'number' && value <= expected.atMost
      : JSON.stringify(value) === JSON.stringify(expected);
    return isRight ? [] : [`${name} is ${JSON.stringify(value)}, must be ${JSON.stringify(expected)}`];
  });
}
