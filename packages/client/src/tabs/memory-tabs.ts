import { type JsonValue, systemClock, type UserId } from '@tidemark/core';
import type { TabObserver, Tabs } from './tabs.ts';

interface Seat {
  readonly observer: TabObserver;
  /** While it leads. */
  term: AbortController | undefined;
}

/** The seats of one user, in the order in which they will lead. */
interface Room {
  seats: Seat[];
  readonly leaving: Set<() => void>;
}

/** Tabs within one process: hand the same object to every client of a local store. */
export function memoryTabs(): Tabs {
  const rooms = new Map<UserId, Room>();

  function elect(room: Room): void {
    queueMicrotask(() => {
      const next = room.seats[0];
      if (!next || room.seats.some((seat) => seat.term)) return;
      next.term = new AbortController();
      next.observer.onLead(next.term.signal);
    });
  }

  return {
    join: (userId, observer) => {
      const room = rooms.get(userId) ?? { seats: [], leaving: new Set() };
      rooms.set(userId, room);
      const own: Seat = { observer, term: undefined };
      room.seats.push(own);
      elect(room);

      function resign(seat: Seat): void {
        seat.term?.abort();
        seat.term = undefined;
      }
      return {
        post: (message) => {
          // A copy, as between tabs; what is not JSON shows in tests already.
          const text = JSON.stringify(message);
          for (const seat of room.seats) {
            if (seat === own) continue;
            queueMicrotask(() => {
              if (room.seats.includes(seat)) seat.observer.onMessage(JSON.parse(text) as JsonValue);
            });
          }
        },
        isVisible: () => true,
        holds: () => own.term !== undefined,
        takeOver: () => {
          if (!room.seats.includes(own) || own.term) return;
          room.seats = [own, ...room.seats.filter((seat) => seat !== own)];
          for (const seat of room.seats) resign(seat);
          elect(room);
        },
        alone: async (ms) => {
          const isAlone = (): boolean => room.seats.every((seat) => seat === own);
          const enough = new AbortController();
          const check = (): void => {
            if (isAlone()) enough.abort();
          };
          room.leaving.add(check);
          check();
          await systemClock.sleep(ms, enough.signal);
          room.leaving.delete(check);
          return isAlone();
        },
        leave: () => {
          room.seats = room.seats.filter((seat) => seat !== own);
          resign(own);
          elect(room);
          for (const notice of room.leaving) notice();
          if (room.seats.length === 0 && rooms.get(userId) === room) rooms.delete(userId);
        },
      };
    },
  };
}
