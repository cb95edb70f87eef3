/**
 * A system as the load generator uses it. Every driver is raw: it writes and parses frames of the system's own wire on a
 * plain WebSocket, and does nothing a client must not do, so that what is compared is servers and not client libraries.
 */
export interface Driver {
  /**
   * Connects as `user` and, where `onText` is given, follows what is sent to that user: it runs with the text of every
   * message delivered, repeats and all. Resolves when the server would deliver.
   */
  connect(url: string, user: string, onText: ((text: string) => void) | null): Promise<Connection>;
  /** Where `from` sends what is for `to` alone. */
  direct(from: string, to: string): string;
  /** Makes a group of users who are connected, one of them the owner of `connection`; resolves with where to send. */
  group(connection: Connection, name: string, members: readonly string[]): Promise<string>;
}

export interface Connection {
  /** `onReceipt` runs when the server has acknowledged the message, or with why it refused. */
  send(to: string, text: string, onReceipt: (refusal?: string) => void): void;
  close(): void;
}
