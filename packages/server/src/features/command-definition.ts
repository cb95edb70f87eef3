import type { CommandResult, Content, ContentMap, ConversationState, Event, Membership } from '@tidemark/core';
import type { DecideContext, Decided } from './deciding.ts';
import type { SubjectNames } from './subjects.ts';

/** What a command means to the writer, which knows none by its name. */
export interface CommandDefinition<C> {
  /** What it names, for the writer to look up. */
  readonly subjects?: (command: C) => SubjectNames;
  /**
   * What it does to its conversation. Pure: state and command in, events out. Every rule about who may do what is asked here,
   * in the order in which the conversation's writer asks.
   *
   * @throws TidemarkError the refusal that the sender gets
   */
  readonly decide: (state: ConversationState | undefined, command: C, context: DecideContext) => Decided;
  /**
   * Whether it is the one that led to `event`, which has its id. An id that is used twice for two intentions must not be
   * answered with what the first one did: the caller would believe that the second was carried out.
   *
   * @param memberships of the event's conversation: a command names members, its event only those whom it concerned
   */
  readonly ledTo: (command: C, event: Event, memberships: readonly Membership[]) => boolean;
  /** What two commands with one id have in common when they are the same. */
  readonly intention: (command: C) => readonly unknown[];
  /** Whether what is remembered of a command with its id is certain to be its result. Absent: the store is asked. */
  readonly isResult?: (command: C, remembered: CommandResult) => boolean;
  /** The content that it carries, of a kind that a process must have to carry it out. */
  readonly content?: (command: C) => Content<ContentMap>;
  /**
   * Optional fields that came in a later release than its type. A worker that doesn't know one would drop it, so a command that has it
   * is offered when every worker knows it.
   */
  readonly addedFields?: readonly (keyof C & string)[];
  /** The input of the call that its id is given in. Default `commandId`. */
  readonly idField?: string;
}
