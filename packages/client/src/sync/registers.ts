import {
  definitionOf,
  type Event,
  type Message,
  type MessageErased,
  type MessageRegisters,
  type MessageSent,
  type Register,
  type RegisterName,
  registerKey,
  registersOf,
  type UserId,
  withoutContent,
} from '@tidemark/core';

/** An event as the device keeps it: with what has been said of it since. */
export type KeptEvent<E extends Event = Event> = E & { readonly registers?: readonly Register[] };

/**
 * The registers that events set, as far as a user's device keeps them: of those that users own the user's. Versions are read from the server,
 * by whoever looks at them, and whom a message mentions stands in it.
 */
export function settingsOf(events: readonly Event[], userId: UserId): Register[] {
  return events
    .flatMap(registersOf)
    .filter(({ name, owner }) => !NOT_KEPT.includes(name) && (owner ?? userId) === userId);
}

const NOT_KEPT: readonly RegisterName[] = ['version', 'mention'];

/** A row in the list of messages: a message, or what is left of it. */
export type MessageEvent = MessageSent | MessageErased;

export function isMessage(event: Event): event is MessageEvent {
  return definitionOf(event).message !== undefined;
}

/** A message as it is now, with the reactions to it. */
export type ReactedMessage = Message & { readonly reactions: readonly MessageReaction[] };

/** A reaction to a message, and how many have it. */
export interface MessageReaction {
  readonly key: string;
  readonly count: number;
  /** Whether this user is among them. */
  readonly mine: boolean;
  /** Who reacted last, the last first; at most three. */
  readonly newest: readonly UserId[];
}

/**
 * The event joined with its registers; of two with one key the higher seq stays. Of what was revoked nothing is kept but that, whatever comes
 * before or after it. The same object if nothing changes.
 */
export function joinRegisters<E extends Event>(event: KeptEvent<E>, registers: readonly Register[]): KeptEvent<E> {
  let joined = event.registers ?? [];
  if (joined.some(isRevoked)) return event;
  for (const register of registers) {
    if (register.target !== event.conversationSeq || register.conversationId !== event.conversationId) continue;
    const known = joined.find((each) => registerKey(each) === registerKey(register));
    if (known && known.seq >= register.seq) continue;
    joined = [...joined.filter((each) => each !== known), register];
  }
  if (joined.length === 0 || joined === event.registers) return event;
  const revoked = joined.find(isRevoked);
  return revoked ? { ...(withoutContent(event) as E), registers: [revoked] } : { ...event, registers: joined };
}

function isRevoked({ name }: Register): boolean {
  return name === 'revoked';
}

/** By which it differs from how it was sent. */
export function registersNow({ registers = [] }: KeptEvent): MessageRegisters {
  return Object.fromEntries(registers.map(({ name, value }) => [name, value]));
}

/** The message as it is now; its reactions in the order in which they came. */
export function messageNow(event: KeptEvent<MessageEvent>): ReactedMessage {
  const { registers = [] } = event;
  const isMine = (key: string) => registers.some((each) => each.name === 'reaction' && each.key === key && each.value);
  const reactions = registers
    .flatMap(({ name, key, value }) => (name === 'reactions' && value ? [{ ...value, key, mine: isMine(key) }] : []))
    .sort((a, b) => a.since - b.since);
  return { ...(definitionOf(event).message?.(event, registersNow(event)) as Message), reactions };
}
