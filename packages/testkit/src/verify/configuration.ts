import type { Deployment, NetworkPath } from './system.ts';

/** Something to verify: messaging on certain services, started anew for each run. */
export interface Configuration {
  /** Short and stable, e.g. `redis-postgres`. */
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  /** Starts services and servers, and resolves when the servers serve. On failure it ends what it started. */
  start(run: Run): Promise<Deployment>;
}

/** What a configuration is given for one run. */
export interface Run {
  readonly seed: number;
  /** Where observers write their histories: give it to the servers. Kept when the run found something. */
  readonly folder: string;
  /**
   * Puts a proxy before a port of 127.0.0.1 and resolves when it listens; connect to the path's `port` instead. It ends
   * with the run. Undefined `protocol`: bytes that the proxy does not look into.
   */
  path(name: string, target: number, protocol?: NetworkPath['protocol']): Promise<NetworkPath>;
  /** Tells the history that a process of the deployment started or ended. {@link nodeProcess} does so by itself. */
  readonly observer: ProcessObserver;
}

export interface ProcessObserver {
  started(target: string, pid: number): void;
  /** @param unexpected nobody was told to end it */
  ended(target: string, signal: string | null, unexpected: boolean): void;
}
