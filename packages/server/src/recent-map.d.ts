/**
 * A map for what a process may remember and can do without. The entries put or touched last, of a weight of `limit`
 * together, are there; of those before them up to as many more, and then all of these go at once, since to look for the
 * oldest at each put costs more than to keep some longer.
 */
export declare class RecentMap<Key, Value> {
    #private;
    /** @param weigh what a value weighs, always the same; 1 unless set, so that `limit` is a number of entries. */
    constructor(limit: number, weigh?: (value: Value) => number);
    get(key: Key): Value | undefined;
    /** Gets, and counts as a use. */
    touch(key: Key): Value | undefined;
    put(key: Key, value: Value): void;
    clear(): void;
}
