import type { Clock } from '@tidemark/core';
import type { ObservedSocket } from './observed-socket.ts';

export interface SocketTiming {
  /** Silence after which the socket is asked for a sign of life; false for never. */
  readonly intervalMs: number | false;
  readonly pongTimeoutMs: number;
}

/** A tick so much too late, with someone looking, means that the device slept. */
const SLEPT_MS = 5_000;

/**
 * Watches an open socket until it closes. One that does not answer is closed. After a sleep it is in doubt at once: the
 * other side may have given it up long ago, and waiting for the answer would be waiting for nothing.
 *
 * Where no one is looking browsers run timers late, up to a minute; such a tick only asks.
 */
export async function watchSocket(
  socket: ObservedSocket,
  { intervalMs, pongTimeoutMs }: SocketTiming,
  clock: Clock,
  visible: () => boolean,
  inDoubt: () => void,
): Promise<void> {
  if (intervalMs === false) return;
  while (socket.isOpen) {
    const before = clock.now();
    await clock.sleep(intervalMs, socket.ended);
    if (!socket.isOpen) return;
    const late = clock.now() - before - intervalMs;
    if (late > SLEPT_MS && visible()) inDoubt();
    if (clock.now() - socket.heardAt < intervalMs / 2) continue;
    if (!(await socket.answers(pongTimeoutMs))) socket.close();
  }
}
