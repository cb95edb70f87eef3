import type { ContentMap } from '../content.ts';
import { type ConversationCreated, conversationCreated } from './conversations.ts';
import { type EditErased, editErased, type MessageEdited, messageEdited } from './edits.ts';
import type { EventDefinition } from './event-definition.ts';
import { type MembersAdded, type MembersRemoved, membersAdded, membersRemoved } from './members.ts';
import { type MessageErased, type MessageSent, messageErased, messageSent } from './messages.ts';
import { type PinChanged, pinChanged } from './pins.ts';
import { type ReactionChanged, reactionChanged } from './reactions.ts';
import { type ReadMarked, readMarked } from './read-marks.ts';
import { type MessageRevoked, messageRevoked } from './revokes.ts';
import { type SettingsChanged, settingsChanged } from './settings.ts';

/** What happened in a conversation, in the order of conversationSeq. The log of events is the truth; tables follow. */
export type Event<C = ContentMap> =
  | MessageSent<C>
  | MessageEdited<C>
  | ReactionChanged
  | PinChanged
  | MessageRevoked
  | MessageErased
  | EditErased
  | ConversationCreated
  | MembersAdded
  | MembersRemoved
  | ReadMarked
  | SettingsChanged;

export type EventType = Event['type'];

/** The event of one type. */
export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>;

/** Every type of event that this build knows. A type without a row does not compile. */
const EVENTS: { readonly [T in EventType]: EventDefinition<EventOf<T>> } = {
  'message.sent': messageSent,
  'message.edited': messageEdited,
  'reaction.changed': reactionChanged,
  'pin.changed': pinChanged,
  'message.revoked': messageRevoked,
  'message.erased': messageErased,
  'edit.erased': editErased,
  'conversation.created': conversationCreated,
  'members.added': membersAdded,
  'members.removed': membersRemoved,
  'read.marked': readMarked,
  'settings.changed': settingsChanged,
};

/** The types of event that this build knows. */
export const EVENT_TYPES = /* @__PURE__ */ Object.keys(EVENTS) as readonly EventType[];

/** Those that an unread count counts. */
export const COUNTED_TYPES = /* @__PURE__ */ EVENT_TYPES.filter((type) => EVENTS[type].counts);

/** Of a type that only newer builds know nothing is known; it passes through, and is kept. */
const UNKNOWN: EventDefinition<Event> = { kept: true };

export function definitionOf({ type }: { readonly type: string }): EventDefinition<Event> {
  return isEventType(type) ? (EVENTS[type] as EventDefinition<Event>) : UNKNOWN;
}

/** Whether this build knows what events of the type mean. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENTS, type);
}
