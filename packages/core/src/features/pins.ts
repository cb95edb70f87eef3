import type { ConversationSeq } from '../ids.ts';
import type { MessageTarget, Pin } from '../message.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type SetPin = CommandHead & {
  readonly type: 'pin.set';
  readonly target: MessageTarget;
  /** What the actor wants to be so, whatever it is now. */
  readonly on: boolean;
};

/** The actor pinned a message, or took that back; the pins are all those after it. */
export interface PinChanged extends EventHead {
  readonly type: 'pin.changed';
  /** conversationSeq of the message. */
  readonly targetSeq: ConversationSeq;
  readonly on: boolean;
  /** Of the conversation, the last that was pinned first. */
  readonly pins: readonly Pin[];
}

export const pinChanged: EventDefinition<PinChanged> = {
  sets: ({ pins: value }) => [{ target: 0, name: 'pins', value }],
  kept: true,
};
