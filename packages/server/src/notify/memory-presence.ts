import type { NodeId, UserId } from '@tidemark/core';
import type { Presence } from './presence.ts';

/** Per node: its users and until when, in milliseconds of `now`. */
export type MemoryOnline = Map<NodeId, Map<UserId, number>>;

/** Presence in memory. @param now milliseconds that never go back */
export function memoryPresence(online: MemoryOnline, now: () => number): Presence {
  return {
    join: async (userIds, nodeId, ttl) => {
      const users = online.get(nodeId) ?? new Map<UserId, number>();
      online.set(nodeId, users);
      for (const userId of userIds) users.set(userId, now() + ttl);
    },
    leave: async (userIds, nodeId) => {
      const users = online.get(nodeId);
      for (const userId of userIds) users?.delete(userId);
      if (users?.size === 0) online.delete(nodeId);
    },
    nodesOf: async (userIds) => {
      const found = new Map<UserId, readonly NodeId[]>();
      for (const [nodeId, users] of online) {
        for (const userId of userIds) {
          const until = users.get(userId);
          if (until === undefined) continue;
          if (until <= now()) users.delete(userId);
          else found.set(userId, [...(found.get(userId) ?? []), nodeId]);
        }
      }
      return found;
    },
  };
}
