import type { Clock } from '@tidemark/core';
import type { Attempts } from './attempts.ts';
import type { ObservedSocket } from './observed-socket.ts';

/** A socket is asked for a sign of life when the app is shown again, and has so long to give one. */
export const CHECK_MS = 2_000;

/** After so long a silence the answer isn't waited for. Longer than browsers delay the timers of hidden pages. */
const LONG_SILENCE_MS = 120_000;

/** The open sockets of a session: one in use, and at times a second one that takes its place. */
export interface OpenSockets {
  readonly size: number;
  /** The stock client begins to open one. */
  opening(): void;
  add(socket: ObservedSocket): void;
  delete(socket: ObservedSocket): void;
  /** The server has answered on it. */
  accepted(socket: ObservedSocket): void;
  /** Has the stock client open a second socket beside the one in use, which carries on until then: the feed never stops. */
  replace(): void;
  /** The device slept: nobody knows whether the sockets live. They are replaced, and closed once another one works. */
  doubt(): void;
  /** Whether they live. The device may be wrong about its network: a socket that answers is kept. */
  check(): void;
  end(): void;
}

export function createOpenSockets(attempts: Attempts, clock: Clock): OpenSockets {
  /** In the order in which they opened. */
  const sockets = new Set<ObservedSocket>();
  const doubted = new Set<ObservedSocket>();
  let isOpening = false;
  /** A second socket was asked for, and the stock client has not begun to open it. */
  let asked: AbortController | undefined;

  function replace(): void {
    // While the stock client is still moving to the newest one it hears of nothing; then the sockets are closed instead.
    if (isOpening || asked) return;
    const own = new AbortController();
    asked = own;
    attempts.failures = 0;
    [...sockets].at(-1)?.askForReplacement();
    void clock.sleep(CHECK_MS, own.signal).then(() => {
      if (asked !== own) return;
      asked = undefined;
      for (const socket of sockets) socket.close();
    });
  }

  function doubt(): void {
    for (const socket of sockets) doubted.add(socket);
    replace();
  }

  function endAsking(): void {
    asked?.abort();
    asked = undefined;
  }

  return {
    get size() {
      return sockets.size;
    },
    opening: () => {
      endAsking();
      isOpening = true;
    },
    add: (socket) => {
      sockets.add(socket);
      isOpening = false;
    },
    delete: (socket) => {
      sockets.delete(socket);
      doubted.delete(socket);
    },
    accepted: (socket) => {
      if (asked) socket.askForReplacement();
      if (!doubted.has(socket)) for (const each of doubted) each.close();
    },
    replace,
    doubt,
    check: () => {
      if ([...sockets].some((socket) => clock.monotonic() - socket.heardAt > LONG_SILENCE_MS)) doubt();
      for (const socket of sockets) {
        void socket.answers(CHECK_MS).then((doesAnswer) => {
          if (doesAnswer || !socket.isOpen) return;
          attempts.failures = 0;
          socket.close();
        });
      }
    },
    end: endAsking,
  };
}
