import {
  type Event,
  type Message,
  type MessageSent,
  messageOf,
  type Register,
  registerKey,
  registersOf,
} from '@tidemark/core';

/** An event as the device keeps it: with what has been said of it since. */
export type KeptEvent<E extends Event = Event> = E & { readonly registers?: readonly Register[] };

/** The registers that events set, as far as a device keeps them; versions are read from the server, by whoever looks at them. */
export function settingsOf(events: readonly Event[]): Register[] {
  return events.flatMap(registersOf).filter(({ name }) => name === 'content');
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

/** The message as it is now. */
export function messageNow(event: KeptEvent<MessageSent>): Message {
  const content = event.registers?.find((each) => each.name === 'content');
  return messageOf(event, content?.value);
}
