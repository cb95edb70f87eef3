import type { ClientEvents } from '@tidemark/client';

export type StoreProblem = ClientEvents['store']['problem'];

/** What the client said last of the copy in this browser, until somebody has seen it. It may come before anything is drawn. */
export interface StoreNews {
  getSnapshot(): StoreProblem | null;
  subscribe(listener: () => void): () => void;
  tell(problem: StoreProblem): void;
  dismiss(): void;
}

export function createStoreNews(): StoreNews {
  let last: StoreProblem | null = null;
  const listeners = new Set<() => void>();

  function set(next: StoreProblem | null): void {
    last = next;
    for (const listener of listeners) listener();
  }

  return {
    getSnapshot: () => last,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: set,
    dismiss: () => set(null),
  };
}
