import type { Clock } from '@tidemark/core';

/** What `signal.throwIfAborted()` does, which the AbortSignal of React Native lacks, as it does the reason. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason ?? new Error('aborted');
}

/** Who waits for a signal: it has one listener for all of them, since a runtime takes more than ten for a leak, and warns. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `listener` once, when it is aborted or at once. The function that is returned ends that. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const call = (): void => listener();
  if (signal.aborted) listener();
  else listenersOf(signal).add(call);
  return () => waiting.get(signal)?.delete(call);
}

function listenersOf(signal: AbortSignal): Set<() => void> {
  const known = waiting.get(signal);
  if (known) return known;
  const listeners = new Set<() => void>();
  waiting.set(signal, listeners);
  const callAll = (): void => {
    for (const call of listeners) call();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return listeners;
}

/** Hands `work` a signal of its own, which aborts with `signal`, or when the work is done. */
export async function withOwnSignal<T>(
  signal: AbortSignal | undefined,
  work: (own: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const release = signal && onAbort(signal, () => over.abort());
  try {
    return await work(over.signal);
  } finally {
    release?.();
    over.abort();
  }
}

/** The clock, of whose sleepers any number may wait for one signal. */
export function clockForMany(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => withOwnSignal(signal, (own) => clock.sleep(ms, own)),
  };
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
