import type { Presence } from './presence.ts';
/** Presence, asked once for the recipients of all batches of a round (see `Rounds`). Part of stage 6. */
export declare function shareLookups(presence: Presence): Presence;
