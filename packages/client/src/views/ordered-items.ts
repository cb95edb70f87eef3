/**
 * Items in an order that is kept as single ones come, change and go: a change costs a binary search and a move of
 * pointers, not a sort. `compare` is a total order: different items never compare equal.
 */
export interface OrderedItems<T> {
  /** Puts `after` in the place it belongs and takes `before` out; either may be absent. */
  replace(before: T | undefined, after: T | undefined): void;
  /** Begins anew. */
  reset(items: readonly T[]): void;
  /** The same array until something changes. */
  snapshot(): readonly T[];
}

export function createOrderedItems<T>(compare: (a: T, b: T) => number): OrderedItems<T> {
  let items: T[] = [];
  /** Somebody holds `items`: the next change is made to a copy. */
  let shared = false;

  /** The first place whose item is not before `item`. */
  function placeOf(item: T): number {
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(items[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    replace: (before, after) => {
      if (shared) items = items.slice();
      shared = false;
      if (before !== undefined) items.splice(placeOf(before), 1);
      if (after !== undefined) items.splice(placeOf(after), 0, after);
    },
    reset: (next) => {
      items = [...next].sort(compare);
      shared = false;
    },
    snapshot: () => {
      shared = true;
      return items;
    },
  };
}
