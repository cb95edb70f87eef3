/**
 * Makes ULIDs that sort by time and, within one millisecond, in the order in which they were made: there the random part is
 * counted up. A time before that of the last one counts as the same.
 *
 * @param random numbers from 0 up to 1.
 */
export declare function monotonicUlids(random?: () => number): (at: number) => string;
