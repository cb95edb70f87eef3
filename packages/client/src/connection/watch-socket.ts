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
    const [before, wallBefore] = [clock.monotonic(), clock.now()];
    await clock.sleep(intervalMs, socket.ended);
    if (!socket.isOpen) return;
    // Some platforms stop the monotonic clock while they sleep; one that jumps shows as a sleep, which costs a second socket.
    const late = Math.max(clock.monotonic() - before, clock.now() - wallBefore) - intervalMs;
    if (late > SLEPT_MS && visible()) inDoubt();
    if (clock.monotonic() - socket.heardAt < intervalMs / 2) continue;
    if (!(await socket.answers(pongTimeoutMs))) socket.close();
  }
}
