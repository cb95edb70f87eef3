/** The one stream, and what goes into it: a subject per user and one per group. */
export const STREAM = 'MESSAGES';
export const SUBJECTS = ['user.>', 'group.>'] as const;
