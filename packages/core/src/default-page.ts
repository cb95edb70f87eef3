/** The default of `limits.page`: in a module of its own, for the client reads it alone and a bundle would hold all limits. */
export const DEFAULT_PAGE = 500;
