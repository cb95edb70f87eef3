import type { Storage } from '@tidemark/core';
import type { Backplane } from '@tidemark/server';

/** The parts that the server of a run is made of. A test build may put something around each of them. */
export interface Seams {
  /** What is opened, beneath what records and injects faults. */
  readonly database: (storage: Storage) => Storage;
  /** What messaging is given. */
  readonly storage: (storage: Storage) => Storage;
  readonly backplane: (backplane: Backplane) => Backplane;
}

/** Nothing: a test build has other seams in the place of these. */
export const seams: Seams = {
  database: (storage) => storage,
  storage: (storage) => storage,
  backplane: (backplane) => backplane,
};
