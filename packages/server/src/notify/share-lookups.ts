import type { NodeId, UserId } from '@tidemark/core';
import { inOneTurn } from '../in-one-turn.ts';
import type { Presence } from './presence.ts';

/** Presence, asked once for the recipients of all batches that pass a `BatchBarrier` together. Part of stage 6. */
export function shareLookups(presence: Presence): Presence {
  return {
    join: (userIds, nodeId, ttl) => presence.join(userIds, nodeId, ttl),
    leave: (userIds, nodeId) => presence.leave(userIds, nodeId),
    nodesOf: inOneTurn<readonly UserId[], Map<UserId, readonly NodeId[]>>((requests) => {
      const [only] = requests;
      const found = presence.nodesOf(only && requests.length === 1 ? only : [...new Set(requests.flat())]);
      return requests.map(() => found);
    }),
  };
}
