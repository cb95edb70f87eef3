/**
 * Streams and what goes into them: one stream for all users and groups; and one for groups that nobody follows, lest every
 * consumer of the first read past what is of interest to none.
 */
export const STREAM = 'MESSAGES';
export const STREAMS: Readonly<Record<string, readonly string[]>> = {
  [STREAM]: ['user.>', 'group.>'],
  AWAY: ['away.>'],
};
