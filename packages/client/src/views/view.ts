/** What a screen reads: a value that is the same object until it changes, and a way to hear of changes. */
export interface View<T> {
  /** Calls `listener` after each change; returns the function that ends it. */
  subscribe(listener: () => void): () => void;
  /** The current value. Equal by reference to the last one when nothing changed. */
  getSnapshot(): T;
}

/** Listeners of one view. A throwing listener does not keep the others from hearing. */
export interface Listeners<E = void> {
  add(listener: (event: E) => void): () => void;
  notify(event: E): void;
  readonly size: number;
}

export function createListeners<E = void>(): Listeners<E> {
  // Keyed by a fresh object, so that the same function may subscribe twice.
  const listeners = new Map<object, (event: E) => void>();
  return {
    add: (listener) => {
      const key = {};
      listeners.set(key, listener);
      return () => {
        listeners.delete(key);
      };
    },
    notify: (event) => {
      for (const [key, listener] of [...listeners]) {
        if (listeners.has(key)) callListener(() => listener(event));
      }
    },
    get size() {
      return listeners.size;
    },
  };
}

/** An application's listener must not break the delivery of messages: what it throws is rethrown outside. */
export function callListener(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** A view whose value is computed when asked for, and again only after `change()`. */
export function createView<T>(compute: (previous: T | undefined) => T): View<T> & { change(): void } {
  const listeners = createListeners();
  let value: T | undefined;
  let fresh = false;
  return {
    subscribe: listeners.add,
    getSnapshot: () => {
      if (!fresh) {
        value = compute(value);
        fresh = true;
      }
      return value as T;
    },
    change: () => {
      fresh = false;
      listeners.notify();
    },
  };
}

/** The same object for the same source, for as long as that lives. */
export function remembered<S extends object, T>(make: (source: S) => T): (source: S) => T {
  const made = new WeakMap<S, T>();
  return (source) => {
    const item = made.get(source) ?? make(source);
    made.set(source, item);
    return item;
  };
}
