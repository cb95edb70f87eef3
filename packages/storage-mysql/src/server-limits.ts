/** Characters of a set at most: a larger one takes the server long, and costs memory here and there. */
const MOST_CHARS = 1_000_000;
/** Bytes of a packet that the text of a statement takes, and what stands around it. */
const STATEMENT_BYTES = 4_096;
/** Bytes that a character of a set takes at most on its way: three in UTF-8, or one and a backslash. */
const BYTES_PER_CHAR = 4;

/**
 * What the server takes in one packet, read from each connection when it is new: a limit that is changed holds for connections made
 * later. The least is what counts, since a set is split before it is known which of them it goes by.
 */
export class ServerLimits {
  #packetBytes = Number.POSITIVE_INFINITY;

  /** A connection has this limit. */
  found(packetBytes: number): void {
    this.#packetBytes = Math.min(this.#packetBytes, packetBytes);
  }

  get maxSetChars(): number {
    return Math.min(MOST_CHARS, Math.max(1, Math.floor((this.#packetBytes - STATEMENT_BYTES) / BYTES_PER_CHAR)));
  }

  /** @throws Error for a row that is too long: the server would end the connection, which looks as if it may pass. */
  check(set: string): void {
    const most = this.#packetBytes;
    if (set.length < most / BYTES_PER_CHAR) return;
    const bytes = Buffer.byteLength(set);
    if (bytes + STATEMENT_BYTES / 2 < most) return;
    throw new Error(`mysql: a row takes ${bytes} bytes, and the server's max_allowed_packet is ${most}`);
  }
}
