import { peerOf } from '@tidemark/core';
import type { Authorization, Authorize } from '@tidemark/server';
import type { Kinds } from './content.ts';
import type { People } from './people.ts';

const ADD: Authorization = { refuse: 'only people who have signed in here can be added' };
const WRITE: Authorization = { refuse: 'only people who have signed in here can be written to' };

/**
 * The chat's rule of who may reach whom: people this server knows. Without it, conversations could be filled with ids that
 * nobody owns, and whoever signs in as one of them later would find messages of strangers. An application asks its own table
 * here: contacts, the same team, nobody who has blocked the caller.
 */
export function knownPeopleOnly(people: Pick<People, 'has'>): Authorize<Kinds> {
  return (actorId, command) => {
    switch (command.type) {
      case 'conversation.create':
      case 'members.add':
        return command.memberIds.every((id) => people.has(id)) || ADD;
      case 'message.send': {
        const peer = peerOf(command.conversationId, actorId);
        return peer === undefined || people.has(peer) || WRITE;
      }
      default:
        return true;
    }
  };
}
