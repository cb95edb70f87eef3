export interface Device {
  readonly url: string;
  readonly user: string;
  /** Messages it has missed: those numbered from 1 on. */
  readonly count: number;
}

export interface CaughtUp {
  /** From the call that opens it, connection and all, until everything is applied. */
  readonly ms: number;
  readonly lost: number;
  readonly duplicated: number;
}
