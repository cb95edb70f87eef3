import {
  afterErasing,
  type CommandId,
  type ConversationCreated,
  type ConversationId,
  type ConversationKind,
  type ConversationSeq,
  type ConversationSettings,
  type ConversationState,
  directConversationId,
  type Event,
  evolve,
  type JsonObject,
  type MembersAdded,
  type MembersRemoved,
  type Mentions,
  type MessageEdited,
  type MessageRevoked,
  type MessageSent,
  type PinChanged,
  type ReactionChanged,
  type ReadMarked,
  recipientsOf,
  type SettingsChanged,
  selfConversationId,
  type UserId,
} from '@tidemark/core';
import { pinsIn } from './pins-in.ts';
import { reactionCountsIn } from './reactions-in.ts';
import { type SeededIds, seededIds } from './seeded-ids.ts';
import { settingsIn } from './settings-in.ts';

export interface ConversationBuilderOptions {
  /** Where ids and times come from; `seededIds(1)` unless set. Share it between the conversations of one test. */
  readonly ids?: SeededIds;
  /** `group` unless set. */
  readonly kind?: ConversationKind;
  /** The creator first. `alice` and `bob` unless set (`alice` alone for kind `self`). */
  readonly memberIds?: readonly UserId[];
  /** Groups only; `null` unless set. */
  readonly title?: string | null;
}

export interface MessageOptions {
  /** The creator unless set. */
  readonly from?: UserId;
  /** Content kind; `text` unless set. */
  readonly type?: string;
  /** `{ text: 'message <conversationSeq>' }` unless set. */
  readonly content?: JsonObject;
  /** An earlier message of the conversation; none unless set. */
  readonly replyTo?: MessageSent;
  /** Members whom it mentions; nobody unless set. */
  readonly mentions?: Mentions;
  /** A new one unless set. */
  readonly commandId?: CommandId;
  /** Milliseconds since 1970; the next tick unless set. */
  readonly at?: number;
}

export interface EditOptions {
  /** `{ text: 'version <version>' }` unless set. */
  readonly content?: JsonObject;
  /** Members whom it mentions; nobody unless set. */
  readonly mentions?: Mentions;
  /** A new one unless set. */
  readonly commandId?: CommandId;
  /** Milliseconds since 1970; the next tick unless set. */
  readonly at?: number;
}

export interface ReactionOptions {
  /** The creator unless set. */
  readonly from?: UserId;
  /** True unless set. */
  readonly on?: boolean;
  /** A new one unless set. */
  readonly commandId?: CommandId;
}

export interface RevokeOptions {
  /** The author of the first message unless set. */
  readonly from?: UserId;
  readonly reason?: string;
  /** A new one unless set. */
  readonly commandId?: CommandId;
}

/**
 * Builds the log of one conversation, event by event, as the writer would emit it: valid, dense, in order. It writes
 * nothing: hand the events to a store.
 */
export interface ConversationBuilder {
  readonly conversationId: ConversationId;
  /** The first event; made with the builder. */
  readonly created: ConversationCreated;
  /** Everything built so far, in order, as it stands in the log now. */
  readonly events: readonly Event[];
  /** The same as the writer emitted it: with what was erased since. */
  readonly emitted: readonly Event[];
  /** What `evolve` makes of them. */
  readonly state: ConversationState;
  message(options?: MessageOptions): MessageSent;
  /** Its author gives a message the next version. */
  edit(message: MessageSent, options?: EditOptions): MessageEdited;
  /** Switches a reaction, which must not be so already. */
  react(message: MessageSent, key: string, options?: ReactionOptions): ReactionChanged;
  /** Its author revokes a message, or the creator others, none of them revoked before. */
  revoke(messages: readonly MessageSent[], options?: RevokeOptions): MessageRevoked;
  /** Pins a message, or takes that back; it must not be so already. `actorId` is the creator unless set. */
  pin(message: MessageSent, on?: boolean, actorId?: UserId): PinChanged;
  /** `actorId` is the creator unless set. */
  add(memberIds: readonly UserId[], actorId?: UserId): MembersAdded;
  /** `actorId` is the creator unless set; a member leaves with `remove([member], member)`. */
  remove(memberIds: readonly UserId[], actorId?: UserId): MembersRemoved;
  /** The user of a `self` conversation sets how they see `of`. */
  set(of: ConversationId, settings: Partial<ConversationSettings>): SettingsChanged;
  /** The user of a `self` conversation has read `of` up to `readSeq`, which is marked unread no more. */
  markRead(of: ConversationId, readSeq: number): ReadMarked;
  /** Who finds the event in their inbox. */
  recipientsOf(event: Event): readonly UserId[];
}

export function conversationBuilder(options: ConversationBuilderOptions = {}): ConversationBuilder {
  const { ids = seededIds(), kind = 'group', title = null } = options;
  const names = kind === 'self' ? ['alice'] : ['alice', 'bob'];
  const memberIds = options.memberIds ?? names.map((name) => ids.userId(name));
  const [creator, peer] = memberIds;
  if (!creator) throw new TypeError('memberIds must hold the creator');

  const conversationId =
    kind === 'group'
      ? ids.groupId()
      : kind === 'direct'
        ? directConversationId(creator, peer ?? creator)
        : selfConversationId(creator);
  const emitted: Event[] = [];
  let events: readonly Event[] = [];
  const recipients = new Map<ConversationSeq, readonly UserId[]>();
  let state: ConversationState | undefined;

  function head(actorId: UserId, commandId: CommandId | null = ids.commandId(), at = ids.now()) {
    return { conversationId, conversationSeq: (events.length + 1) as ConversationSeq, actorId, commandId, at };
  }
  function keep<E extends Event>(event: E): E {
    emitted.push(event);
    events = afterErasing([...events, event]);
    state = evolve(state, event);
    recipients.set(event.conversationSeq, recipientsOf(state, event));
    return event;
  }

  // Only a group is created by a command of its own; the others come along with the first command that needs them.
  const created: ConversationCreated = keep({
    type: 'conversation.created',
    ...head(creator, kind === 'group' ? ids.commandId() : null),
    kind,
    title,
    memberIds,
  });
  return {
    conversationId,
    created,
    emitted,
    get events() {
      return events;
    },
    get state() {
      return state as ConversationState;
    },
    message: ({ from = creator, type = 'text', content, replyTo, mentions, commandId, at } = {}) =>
      keep({
        type: 'message.sent',
        ...head(from, commandId, at),
        messageId: ids.messageId(),
        message: { type, content: content ?? { text: `message ${events.length + 1}` } },
        ...(replyTo && { replyTo: { seq: replyTo.conversationSeq } }),
        ...(mentions && { mentions }),
      }),
    edit: (sent, { content, mentions, commandId, at } = {}) => {
      const { conversationSeq: targetSeq, actorId } = sent;
      const earlier = events.filter(
        (event): event is MessageEdited => event.type === 'message.edited' && event.targetSeq === targetSeq,
      );
      const version = earlier.length + 2;
      const message = { type: sent.message.type, content: content ?? { text: `version ${version}` } };
      const { mentions: mentionsBefore } = earlier.at(-1) ?? sent;
      return keep({
        type: 'message.edited',
        ...head(actorId, commandId, at),
        targetSeq,
        version,
        message,
        ...(mentions && { mentions }),
        ...(mentionsBefore && { mentionsBefore }),
      });
    },
    react: (
      { conversationSeq: targetSeq, actorId: targetAuthor },
      key,
      { from = creator, on = true, commandId } = {},
    ) => {
      const event = { ...head(from, commandId), type: 'reaction.changed', targetSeq, targetAuthor, key, on } as const;
      const before = reactionCountsIn(events, targetSeq).get(key);
      const nobody = { count: 0, newest: [], since: before?.since ?? event.conversationSeq };
      const after = reactionCountsIn([...events, { ...event, ...nobody }], targetSeq).get(key);
      return keep({ ...event, ...(after ?? nobody) });
    },
    revoke: (messages, { from, reason, commandId } = {}) => {
      const targets = messages.map(({ conversationSeq: seq, actorId: senderId, commandId: id }) => ({
        seq,
        senderId,
        clientMessageId: id as CommandId,
      }));
      const actorId = from ?? messages[0]?.actorId ?? creator;
      const why = reason !== undefined && { reason };
      const before = pinsIn(events);
      const pins = before.filter((pin) => !targets.some(({ seq }) => seq === pin.seq));
      const unpinned = pins.length < before.length && { pins };
      return keep({ type: 'message.revoked', ...head(actorId, commandId), targets, ...why, ...unpinned });
    },
    pin: ({ conversationSeq: seq }, on = true, actorId = creator) => {
      const others = pinsIn(events).filter((pin) => pin.seq !== seq);
      const pins = on ? [{ seq, by: actorId }, ...others] : others;
      return keep({ type: 'pin.changed', ...head(actorId), targetSeq: seq, on, pins });
    },
    add: (added, actorId = creator) => keep({ type: 'members.added', ...head(actorId), memberIds: added }),
    remove: (removed, actorId = creator) => keep({ type: 'members.removed', ...head(actorId), memberIds: removed }),
    set: (of, settings) =>
      keep({ type: 'settings.changed', ...head(creator), of, settings: { ...settingsIn(events, of), ...settings } }),
    markRead: (of, readSeq) => {
      const before = settingsIn(events, of);
      const unmarked = before.markedUnread && { settings: { ...before, markedUnread: false } };
      const mark = { type: 'read.marked', of, readSeq: readSeq as ConversationSeq } as const;
      return keep({ ...mark, ...head(creator), ...unmarked });
    },
    recipientsOf: (event) => recipients.get(event.conversationSeq) ?? [],
  };
}
