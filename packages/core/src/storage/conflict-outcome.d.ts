/**
 * `undefined`: written. `event`: another writer was faster, or a command was repeated. `entry`: a seq is taken, or the
 * event was already delivered. After a conflict the writer forgets what it knew, looks, and runs its batch again.
 */
export interface ConflictOutcome {
    readonly conflict: 'event' | 'entry' | undefined;
}
