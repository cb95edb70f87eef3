/** Work that is done one at a time, in the order in which it was handed in. */
export interface OneAtATime {
  /** Settles as `work` does, which begins when all before it has ended, well or not. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when all that was handed in has ended. */
  idle(): Promise<unknown>;
}

export function createOneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (work) => {
      const turn = last.then(work);
      last = turn.catch(() => undefined);
      return turn;
    },
    idle: () => last,
  };
}
