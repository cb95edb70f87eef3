import {
  type ConversationId,
  commandKey,
  type Event,
  type EventRef,
  type MessageTarget,
  type Register,
  type RegisterName,
  type RegisterOf,
  refKey,
  registerKey,
  registersOf,
} from '@tidemark/core';

/** What a command has to be decided by, beside the state of its conversation. */
export interface SubjectNames {
  /** Events of its conversation. */
  readonly targets?: readonly MessageTarget[];
  /** Registers of each of them. */
  readonly registers?: readonly RegisterName[];
  /**
   * Places of other conversations that must be there. They are looked up when an attempt has failed, and not before: the store
   * takes nothing that stands on a place it lacks.
   */
  readonly places?: readonly EventRef[];
}

/**
 * The events and registers that the commands of a batch name, as they were when the batch began; and what the batch has decided
 * so far, so that a command sees what those before it do.
 */
export class Subjects {
  readonly #byRef = new Map<string, Event>();
  readonly #byCommand = new Map<string, Event>();
  readonly #registers = new Map<string, Register>();

  constructor(events: readonly Event[] = [], registers: readonly Register[] = []) {
    for (const event of events) this.#put(event);
    for (const register of registers) this.#registers.set(registerKey(register), register);
  }

  /** What follows from events that come after all that is known. */
  add(events: readonly Event[]): void {
    for (const event of events) {
      this.#put(event);
      for (const register of registersOf(event)) this.#registers.set(registerKey(register), register);
    }
  }

  event(conversationId: ConversationId, target: MessageTarget): Event | undefined {
    if ('seq' in target) return this.#byRef.get(refKey({ conversationId, conversationSeq: target.seq }));
    const { senderId: actorId, clientMessageId: commandId } = target;
    const event = this.#byCommand.get(commandKey({ actorId, commandId }));
    return event?.conversationId === conversationId ? event : undefined;
  }

  /** The register of an event, of those without key and owner. */
  register<N extends RegisterName>(of: EventRef, name: N): RegisterOf<N> | undefined {
    const { conversationId, conversationSeq: target } = of;
    return this.#registers.get(registerKey({ conversationId, target, name, key: '', owner: null })) as
      | RegisterOf<N>
      | undefined;
  }

  #put(event: Event): void {
    const { actorId, commandId } = event;
    this.#byRef.set(refKey(event), event);
    if (commandId !== null) this.#byCommand.set(commandKey({ actorId, commandId }), event);
  }
}
