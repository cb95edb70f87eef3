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
export declare function createOrderedItems<T>(compare: (a: T, b: T) => number): OrderedItems<T>;
