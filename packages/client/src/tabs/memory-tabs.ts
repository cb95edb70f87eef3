import { type JsonValue, systemClock, type UserId } from '@tidemark/core';
import type { TabObserver, Tabs } from './tabs.ts';

interface Member {
  readonly observer: TabObserver;
  /** While it leads. */
  term: AbortController | undefined;
}

/** The members of one user, in the order in which they will lead. */
interface Room {
  members: Member[];
  readonly leaving: Set<() => void>;
}

/** Tabs within one process: hand the same object to every client of a local store. */
export function memoryTabs(): Tabs {
  const rooms = new Map<UserId, Room>();

  function elect(room: Room): void {
    queueMicrotask(() => {
      const next = room.members[0];
      if (!next || room.members.some((member) => member.term)) return;
      next.term = new AbortController();
      next.observer.onLead(next.term.signal);
    });
  }

  return {
    join: (userId, observer) => {
      const room = rooms.get(userId) ?? { members: [], leaving: new Set() };
      rooms.set(userId, room);
      const own: Member = { observer, term: undefined };
      room.members.push(own);
      elect(room);

      function resign(member: Member): void {
        member.term?.abort();
        member.term = undefined;
      }
      return {
        post: (message) => {
          // A copy, as between tabs; what is not JSON shows in tests already.
          const text = JSON.stringify(message);
          for (const member of room.members) {
            if (member === own) continue;
            queueMicrotask(() => {
              if (room.members.includes(member)) member.observer.onMessage(JSON.parse(text) as JsonValue);
            });
          }
        },
        isVisible: () => true,
        holds: () => own.term !== undefined,
        takeOver: () => {
          if (!room.members.includes(own) || own.term) return;
          room.members = [own, ...room.members.filter((member) => member !== own)];
          for (const member of room.members) resign(member);
          elect(room);
        },
        alone: async (ms) => {
          const isAlone = (): boolean => room.members.every((member) => member === own);
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
          room.members = room.members.filter((member) => member !== own);
          resign(own);
          elect(room);
          for (const notice of room.leaving) notice();
          if (room.members.length === 0 && rooms.get(userId) === room) rooms.delete(userId);
        },
      };
    },
  };
}
