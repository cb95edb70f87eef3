import type { Observed } from './observed.ts';

/** What is made of a history once, however many ask for it. */
export function oncePer<T extends object>(make: (observed: Observed) => T): (observed: Observed) => T {
  const made = new WeakMap<Observed, T>();
  return (observed) => {
    const known = made.get(observed) ?? make(observed);
    made.set(observed, known);
    return known;
  };
}
