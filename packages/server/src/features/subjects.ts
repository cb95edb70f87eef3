import {
  type ConversationId,
  type ConversationSeq,
  commandKey,
  type Event,
  type EventRef,
  erasedBy,
  type MessageTarget,
  type Register,
  type RegisterKey,
  type RegisterName,
  type RegisterOf,
  refKey,
  registersOf,
  type UserId,
  withoutContent,
} from '@tidemark/core';

/** What a command has to be decided by, beside the state of its conversation. */
export interface SubjectNames {
  /** Events of its conversation. */
  readonly targets?: readonly MessageTarget[];
  /** Registers of its conversation itself, which have neither key nor owner. */
  readonly ofConversation?: readonly RegisterName[];
  /** Registers of the actor's, in whatever conversation; their key is empty. */
  readonly own?: readonly OwnRegister[];
  /** An owned register of them that the actor may give up: `left` of its newest owners are known when all of a batch have. */
  readonly leaves?: { readonly name: RegisterName; readonly key: string; readonly left: number } | undefined;
  /**
   * Places of other conversations that must be there. They are looked up when an attempt has failed, and not before: the store
   * takes nothing that stands on a place it lacks.
   */
  readonly places?: readonly EventRef[];
}

/** A register of somebody's, without whose. */
export type OwnRegister<N extends RegisterName = RegisterName> = Omit<RegisterKey<N>, 'owner' | 'key'>;

/** Registers that differ in their owners alone. */
export type OwnedGroup = Omit<RegisterKey, 'owner'>;

/**
 * The events and registers that the commands of a batch name, as they were when the batch began; and what the batch has decided
 * so far, so that a command sees what those before it do.
 */
export class Subjects {
  readonly #byRef = new Map<string, Event>();
  readonly #byCommand = new Map<string, Event>();
  /** Those that are set, by event, name and owner, and then by key. */
  readonly #registers = new Map<string, Map<string, Register>>();
  /** The newest first, by `ownedGroupKey`, where they were read. */
  readonly #owners: Map<string, readonly UserId[]>;
  /** Events that the batch has made: nobody owned a register of them before. */
  readonly #added = new Set<string>();

  constructor(
    events: readonly Event[] = [],
    registers: readonly Register[] = [],
    owners: ReadonlyMap<string, readonly UserId[]> = new Map(),
  ) {
    for (const event of events) this.#put(event);
    for (const register of registers) this.#set(register);
    this.#owners = new Map(owners);
  }

  /** What follows from events that come after all that is known. */
  add(events: readonly Event[]): void {
    for (const event of events) {
      this.#put(event);
      this.#added.add(refKey(event));
      for (const erased of erasedBy(event)) this.#erase(erased);
      for (const register of registersOf(event)) {
        this.#set(register);
        this.#setOwner(register);
      }
    }
  }

  event(conversationId: ConversationId, target: MessageTarget): Event | undefined {
    if ('seq' in target) return this.#byRef.get(refKey({ conversationId, conversationSeq: target.seq }));
    const { senderId: actorId, clientMessageId: commandId } = target;
    const event = this.#byCommand.get(commandKey({ actorId, commandId }));
    return event?.conversationId === conversationId ? event : undefined;
  }

  /** Registers of an event that are set, by their keys: those of an owner, or those without one. */
  registers<N extends RegisterName>(
    { conversationId, conversationSeq: target }: EventRef,
    name: N,
    owner: UserId | null = null,
  ): ReadonlyMap<string, RegisterOf<N>> {
    const found = this.#registers.get(groupKey({ conversationId, target, name, owner })) ?? new Map();
    return found as ReadonlyMap<string, RegisterOf<N>>;
  }

  /** A register of a conversation itself, where it is set. */
  ofConversation<N extends RegisterName>(conversationId: ConversationId, name: N): RegisterOf<N> | undefined {
    const found = this.#registers.get(groupKey({ conversationId, target: 0, name, owner: null }))?.get('');
    return found as RegisterOf<N> | undefined;
  }

  /** A register of a user's, where it is set. */
  own<N extends RegisterName>(register: OwnRegister<N>, owner: UserId): RegisterOf<N> | undefined {
    return this.#registers.get(groupKey({ ...register, owner }))?.get('') as RegisterOf<N> | undefined;
  }

  /** The newest owners of an event's register, the last first; undefined where no command of the batch may give it up. */
  owners(
    { conversationId, conversationSeq: target }: EventRef,
    name: RegisterName,
    key: string,
  ): readonly UserId[] | undefined {
    return this.#owners.get(ownedGroupKey({ conversationId, target, name, key }));
  }

  /** No command gets as far as its registers. */
  #erase(message: EventRef): void {
    const event = this.#byRef.get(refKey(message));
    if (event) this.#put(withoutContent(event));
  }

  #put(event: Event): void {
    const { actorId, commandId } = event;
    this.#byRef.set(refKey(event), event);
    if (commandId !== null) this.#byCommand.set(commandKey({ actorId, commandId }), event);
  }

  #set(register: Register): void {
    const key = groupKey(register);
    const group = this.#registers.get(key) ?? new Map<string, Register>();
    this.#registers.set(key, group);
    if (register.value === null) group.delete(register.key);
    else group.set(register.key, register);
  }

  #setOwner({ owner, value, ...group }: Register): void {
    const key = ownedGroupKey(group);
    const { conversationId, target } = group;
    const isAdded = this.#added.has(refKey({ conversationId, conversationSeq: target as ConversationSeq }));
    const known = this.#owners.get(key) ?? (isAdded ? [] : undefined);
    if (owner === null || !known) return;
    const others = known.filter((userId) => userId !== owner);
    this.#owners.set(key, value === null ? others : [owner, ...others]);
  }
}

function groupKey({ conversationId, target, name, owner }: Omit<RegisterKey, 'key'>): string {
  return `${conversationId} ${target} ${name} ${owner ?? ''}`;
}

/** As a key of maps. */
export function ownedGroupKey({ conversationId, target, name, key }: OwnedGroup): string {
  return `${conversationId} ${target} ${name} ${key}`;
}
