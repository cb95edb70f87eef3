/** What this process holds at one moment. */
export interface Load {
  /** Partitions of the deployment. */
  readonly partitions: number;
  /** Those that this process writes; those that the queue could not be asked about are left out. */
  readonly owned: readonly PartitionLoad[];
  /** Calls that wait for their receipt. */
  readonly waiting: number;
  readonly feeds: number;
  /** Users who have a feed here. */
  readonly users: number;
  readonly sockets: number;
  /** Bytes that wait to be written to all sockets. */
  readonly bufferedBytes: number;
  /** Bytes that wait to be written to the socket for which most do. */
  readonly fullestSocketBytes: number;
}

export interface PartitionLoad {
  readonly partition: number;
  /** Commands that wait or are in work. */
  readonly backlog: number;
  /** ms for which the oldest of them has waited; 0 when there is none. */
  readonly lagMs: number;
}
