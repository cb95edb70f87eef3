/** What `signal.throwIfAborted()` does, which the AbortSignal of React Native lacks, as it does the reason. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason ?? new Error('aborted');
}

/** Calls `listener` once, when it is aborted or at once. The function that is returned ends that. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** Resolves when it is aborted, or at once. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    onAbort(signal, resolve);
  });
}

/** Waits that end together: each waits for the signal there is, and `wake` aborts it and begins another. */
export interface WakeSignal {
  readonly signal: AbortSignal;
  wake(): void;
}

export function createWakeSignal(): WakeSignal {
  let current = new AbortController();
  return {
    get signal() {
      return current.signal;
    },
    wake: () => {
      const earlier = current;
      current = new AbortController();
      earlier.abort();
    },
  };
}
