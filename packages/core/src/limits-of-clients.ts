// What clients read of the limits, apart from the others: a bundle would hold them all.

/** The default of `limits.page`. */
export const DEFAULT_PAGE = 500;

/** Bytes that a frame or an input has beside the content, at most: ids, path, and what a transformer adds. */
export const ENVELOPE_BYTES = 2_048;
