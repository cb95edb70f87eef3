import type { UserId } from '@tidemark/core';
import type { LimitEvents } from '../limit-events.ts';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import { CLOSE_CODES } from './close-codes.ts';

/**
 * The sockets of each user on this process. Whose a socket is turns out with its first call. Beyond
 * limits.socketsPerUser the oldest is closed with 4409: devices that vanished without a word must not lock their owner out.
 *
 * Keeps   P11
 * Proved  test/e2e/gate.test.ts
 */
export class SocketsByUser {
  readonly #limit: number;
  readonly #events: LimitEvents;
  readonly #sockets = new Map<UserId, Set<AttachedSocket>>();

  constructor(limit: number, events: LimitEvents) {
    this.#limit = limit;
    this.#events = events;
  }

  /** Counts a socket for the user whose call it brought. */
  join(userId: UserId, socket: AttachedSocket): void {
    if (socket.userId !== undefined || socket.isEnded) return;
    socket.userId = userId;
    const sockets = this.#sockets.get(userId) ?? new Set();
    this.#sockets.set(userId, sockets);
    sockets.add(socket);
    socket.once('close', () => this.#leave(userId, socket));
    if (sockets.size <= this.#limit) return;
    this.#events.reached('limits.socketsPerUser', { userId });
    const [oldest] = sockets;
    oldest?.close(CLOSE_CODES.ended, `at most ${this.#limit} sockets per user (limits.socketsPerUser)`);
  }

  #leave(userId: UserId, socket: AttachedSocket): void {
    const sockets = this.#sockets.get(userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(userId);
  }
}
