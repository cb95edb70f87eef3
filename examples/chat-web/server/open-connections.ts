import type { Session } from './sessions.ts';

/** Closes a connection; the code is for those that have one. */
type Close = (code: number, reason: string) => void;

/** What each session has open, sockets and streams alike, so that all of it ends with the session. */
export class OpenConnections {
  readonly #bySession = new Map<string, Set<Close>>();

  /** Returns what is to be called when the connection has closed. */
  add({ id }: Session, close: Close): () => void {
    const open = this.#bySession.get(id) ?? new Set();
    this.#bySession.set(id, open);
    open.add(close);
    return () => {
      open.delete(close);
      if (open.size === 0) this.#bySession.delete(id);
    };
  }

  close({ id }: Session, code: number, reason: string): void {
    for (const close of [...(this.#bySession.get(id) ?? [])]) close(code, reason);
  }
}
