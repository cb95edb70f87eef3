import type { Backplane, BackplaneOptions } from '../../src/backplane.ts';

/** One deployment, empty at first; what a suite runs on. */
export interface Deployment extends AsyncDisposable {
  /** The backplane of one more process of the deployment; closed with the deployment. */
  process(): Backplane;
  /** Gives the claim up as a person would; what stands in the backplane stays. Absent where a deployment has its own. */
  giveUp?(): Promise<void>;
  deadLetters(partition: number): Promise<{ reason: string; body: string; at: number }[]>;
}

export type Deploy = (options?: Partial<BackplaneOptions>) => Deployment;

export const DEFAULTS: BackplaneOptions = { partitions: 4, backlog: 10_000, deadLetters: 100 };
