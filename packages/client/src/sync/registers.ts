import {
  type Event,
  type Message,
  type MessageSent,
  messageOf,
  type Register,
  registerKey,
  registersOf,
  type UserId,
} from '@tidemark/core';

/** An event as the device keeps it: with what has been said of it since. */
export type KeptEvent<E extends Event = Event> = E & { readonly registers?: readonly Register[] };

/**
 * The registers that events set, as far as a user's device keeps them: of those that users own the user's. Versions are read from the server,
 * by whoever looks at them.
 */
export function settingsOf(events: readonly Event[], userId: UserId): Register[] {
  return events.flatMap(registersOf).filter(({ name, owner }) => name !== 'version' && (owner ?? userId) === userId);
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

/** The event joined with its registers; of two with one key the higher seq stays. The same object if nothing changes. */
export function joinRegisters<E extends Event>(event: KeptEvent<E>, registers: readonly Register[]): KeptEvent<E> {
  let joined = event.registers ?? [];
  for (const register of registers) {
    if (register.target !== event.conversationSeq || register.conversationId !== event.conversationId) continue;
    const known = joined.find((each) => registerKey(each) === registerKey(register));
    if (known && known.seq >= register.seq) continue;
    joined = [...joined.filter((each) => each !== known), register];
  }
  return joined.length === 0 || joined === event.registers ? event : { ...event, registers: joined };
}

/** The message as it is now; its reactions in the order in which they came. */
export function messageNow(event: KeptEvent<MessageSent>): ReactedMessage {
  const { registers = [] } = event;
  const content = registers.find((each) => each.name === 'content');
  const isMine = (key: string) => registers.some((each) => each.name === 'reaction' && each.key === key && each.value);
  const reactions = registers
    .flatMap(({ name, key, value }) => (name === 'reactions' && value ? [{ ...value, key, mine: isMine(key) }] : []))
    .sort((a, b) => a.since - b.since);
  return { ...messageOf(event, content?.value), reactions };
}
