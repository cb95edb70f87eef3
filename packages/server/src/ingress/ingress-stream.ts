/**
 * IngressStream: the queue between routers and writers, one stream per partition. To whoever implements it:
 *
 *  - Order: what one process appends to a partition, in the order of its calls, is read in that order.
 *  - At least once: an entry stays until it is acknowledged or parked. What an owner read and did not acknowledge is read
 *    again, first and marked `redelivered`, by whoever opens the partition next.
 *  - Bounded: `append` refuses with TidemarkError `overloaded`, whose `limit` names the option, when the partition holds `backlog` entries, or would hold more than
 *    `backlogBytes` of bodies; nothing is then appended. Acknowledged entries leave the stream.
 *  - The stream is not the home of anything acknowledged to a client: it may be wiped at any moment, and both sides go
 *    on (append and read create what is missing).
 *  - Throw UnavailableError when the service cannot be reached. `append` must not wait longer than a few seconds.
 */
export interface IngressStream {
  append(partition: number, body: string): Promise<void>;

  /** Begins to read a partition as its owner. One reader per owner and partition; the lease decides who may. */
  open(partition: number): PartitionReader;

  /** Entries waiting or in work, for metrics. */
  backlog(partition: number): Promise<number>;

  /** ms for which the oldest of these entries has been there, by the clock of the service; 0 when there is none. For metrics. */
  lag(partition: number): Promise<number>;
}

export interface PartitionReader {
  /**
   * The entries that are there, at most `limit`; waits until there is at least one. Returns an empty array when `signal`
   * aborts, and may return an empty array without it: after some seconds, or when another partition that is read at the
   * same time has entries. No timer runs while it waits for entries.
   */
  read(limit: number, signal: AbortSignal): Promise<StreamEntry[]>;

  /** As `read`, without waiting: empty when no entry is there. */
  readNow(limit: number, signal: AbortSignal): Promise<StreamEntry[]>;

  /** Removes entries: their commands are stored, or known to change nothing. Unknown ids are ignored. */
  acknowledge(ids: readonly string[]): Promise<void>;

  /**
   * Moves an entry to the dead letters of the partition with the reason, atomically. At most `deadLetters` are kept, for
   * `deadLetterRetentionMs` and at most as long again.
   */
  park(entry: StreamEntry, reason: string): Promise<void>;

  /**
   * Removes the dead letters of the partition that `matches` picks by their body. Costs one call where there are none.
   */
  removeDead(matches: (body: string) => boolean): Promise<void>;

  /** Stops reading and frees the connection. Entries read and not acknowledged stay for the next owner. */
  close(): Promise<void>;
}

export interface StreamEntry {
  readonly id: string;
  readonly body: string;
  /** May have been read before, by this owner or another, and so may have been carried out already. Never wrongly false. */
  readonly redelivered: boolean;
}
