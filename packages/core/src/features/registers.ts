import type { ContentMap } from '../content.ts';
import type { ConversationSettings } from '../conversation.ts';
import type { ConversationId, ConversationSeq, UserId } from '../ids.ts';
import type { EditedContent, Pin, ReactionCount, Revoked } from '../message.ts';

/** What each register holds, by its name. */
export interface RegisterValues<C = ContentMap> {
  /** What a message says now; there is none before its first edit. */
  readonly content: EditedContent<C>;
  /** That a message was revoked: no other register of it is set then. */
  readonly revoked: Revoked;
  /** That there is a version of a message, which is the register's key; the event that made it stands at its `seq`. */
  readonly version: true;
  /** That its owner has reacted to a message with the register's key. */
  readonly reaction: true;
  /** How many have reacted with the register's key; there is none while nobody has. */
  readonly reactions: ReactionCount;
  /** That a message mentions its owner, or without one all members. */
  readonly mention: true;
  /** Of a conversation: what is pinned there, the last first. */
  readonly pins: readonly Pin[];
  /** How its owner sees a conversation. */
  readonly settings: ConversationSettings;
  /** Up to where its owner wants a conversation not to be listed: `hiddenUntilNews` of the settings. */
  readonly unlisted: number;
}

export type RegisterName = keyof RegisterValues;

/**
 * The registers that pages carry of their events, none of which has an owner. Where the owned registers that one counts are named,
 * pages carry the viewer's own of the same key with it, so that what a page costs does not grow with the owners.
 */
export const SHOWN_REGISTERS = { content: null, revoked: null, reactions: 'reaction' } as const satisfies {
  readonly [N in RegisterName]?: RegisterName | null;
};

/** Which register it is: of what it tells, by which name, under which key, and of whom. */
export interface RegisterKey<N extends RegisterName = RegisterName> {
  readonly conversationId: ConversationId;
  /** conversationSeq of the event that it tells of; 0: it tells of the conversation. */
  readonly target: number;
  readonly name: N;
  /** Tells registers of one name apart: at most 64 bytes of UTF-8 without blanks and control characters. Empty where there is one. */
  readonly key: string;
  /** Whose it is; `null` where there is one for all. */
  readonly owner: UserId | null;
}

/**
 * A fact beside the log that the last event to set it decides: events come in any order and any number of times, and the highest
 * `seq` stands. By it a page tells how a message is now.
 */
export type Register<C = ContentMap> = {
  [N in RegisterName]: RegisterKey<N> & {
    /** `null`: it was set, and is not any more. */
    readonly value: RegisterValues<C>[N] | null;
    /** conversationSeq of the event that set it; where that stands in its owner's own conversation, as settings do, its place there. */
    readonly seq: ConversationSeq;
  };
}[RegisterName];

/** The register of one name. */
export type RegisterOf<N extends RegisterName, C = ContentMap> = Extract<Register<C>, { readonly name: N }>;

/**
 * What an event sets; where nothing is said the key is empty, and the register has no owner. `of`: in another conversation than its own,
 * which the conversation of a user alone may do for registers of that user.
 */
export type RegisterSetting = {
  [N in RegisterName]: {
    readonly of?: ConversationId;
    readonly target: number;
    readonly name: N;
    readonly key?: string;
    readonly owner?: UserId | null;
    readonly value: RegisterValues[N] | null;
  };
}[RegisterName];

/** The register as a key of maps; none of its parts can hold a space. */
export function registerKey({ conversationId, target, name, key, owner }: RegisterKey): string {
  return `${conversationId} ${target} ${name} ${key} ${owner ?? ''}`;
}
