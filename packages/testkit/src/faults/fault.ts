import type { Heal, NetworkPath, System, SystemProcess } from '../verify/system.ts';

/** Something that happens to a system. A catalogue of them is in fault-catalogue.ts. */
export interface Fault {
  /** Its name on the command line and in histories, e.g. `kill-server`. */
  readonly kind: string;
  /** One line for `--list`. */
  readonly about: string;
  /** For how long, in ms, from and to; [0, 0] is a fault of a moment. */
  readonly lasts: readonly [min: number, max: number];
  /** Whether it hits what all users depend on: of those, few are on at a time, or nothing would be left to observe. */
  readonly shared: boolean;
  /** Whether it happens at most once in a run: what two of its kind did could not be told apart afterwards. */
  readonly once?: boolean;
  /** What it can befall in this system, by name; empty where it is not applicable. The same in every run. */
  targets(system: System): readonly string[];
  /**
   * Does it. Resolves when it is on, with what ends it. Rejects when it could not be done at this moment, e.g. to a server
   * that another fault has killed; then nothing is on.
   *
   * @param random numbers in [0, 1), for what is drawn at the time
   * @param over aborts when its time is over: what waits until it can be done gives up then
   */
  inject(system: System, target: string, random: () => number, over: AbortSignal): Promise<Heal>;
}

/** A fault of a moment leaves nothing to heal. */
export const nothingToHeal: Heal = async () => {};

export function processNamed<P extends SystemProcess>(processes: readonly P[], name: string): P {
  const found = processes.find((each) => each.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

export function namesOf(things: readonly { readonly name: string }[]): string[] {
  return things.map(({ name }) => name);
}

/** Redis, and each node of a cluster: `redis`, `redis 2`, `redis replica`. Every other service is a store. */
export function isRedis(serviceName: string): boolean {
  return /^redis\b/.test(serviceName);
}

/** Who connects through a path, and to what: of `server 0 to redis`, `server 0` and `redis`. */
export function endsOf({ name }: NetworkPath): { readonly from: string; readonly to: string } {
  const [from = name, to = ''] = name.split(' to ');
  return { from, to };
}

/** A number of the range, both ends included for whole numbers that are far apart. */
export function between(min: number, max: number, random: () => number): number {
  return min + Math.floor(random() * (max - min + 1));
}
