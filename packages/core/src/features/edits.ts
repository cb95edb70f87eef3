import type { Content, ContentMap } from '../content.ts';
import type { ConversationSeq } from '../ids.ts';
import type { Mentions, MessageTarget } from '../message.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';
import { mentionsSet } from './mentions-set.ts';

export type EditMessage = CommandHead & {
  readonly type: 'message.edit';
  readonly target: MessageTarget;
  /** What the message says from now on. */
  readonly message: Content<ContentMap>;
  /** Whom it mentions from now on; the writer keeps the members among them. Absent: nobody. */
  readonly mentions?: Mentions | undefined;
  /** The version that the author saw: with another one now the command is refused as `conflict`. */
  readonly expectedVersion?: number | undefined;
};

/** The author of a message, who is the actor, gave it another content. The last in order stands. */
export type MessageEdited<C = ContentMap> = EventHead & {
  readonly type: 'message.edited';
  /** conversationSeq of the message. */
  readonly targetSeq: ConversationSeq;
  /** 2 for the first edit: a message is sent in version 1. */
  readonly version: number;
  readonly message: Content<C>;
  /** Absent: nobody. */
  readonly mentions?: Mentions | undefined;
  /** Whom the version before mentioned: who is not among them is mentioned anew. */
  readonly mentionsBefore?: Mentions | undefined;
};

/** What is left of a `message.edited` once the message is revoked. */
export type EditErased = EventHead & {
  readonly type: 'edit.erased';
  /** conversationSeq of the message. */
  readonly targetSeq: ConversationSeq;
  readonly version: number;
};

export const messageEdited: EventDefinition<MessageEdited> = {
  sets: ({ targetSeq: target, version, at, message, mentions, mentionsBefore }) => [
    { target, name: 'content', value: { version, at, message, ...(mentions && { mentions }) } },
    { target, name: 'version', key: String(version), value: true },
    ...mentionsSet(target, mentions, mentionsBefore),
  ],
  content: ({ message, mentions: _, mentionsBefore: __, ...rest }) => ({
    of: rest.targetSeq,
    message,
    without: { ...rest, type: 'edit.erased' },
  }),
  kept: true,
};

export const editErased: EventDefinition<EditErased> = { kept: true };
