import {
  type ConversationId,
  type ConversationSettings,
  DEFAULT_SETTINGS,
  participants,
  type SetSettings,
  selfConversationId,
  type UserId,
} from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { done, headOf, notAMember, openIfNew, unchanged } from './deciding.ts';
import type { SubjectNames, Subjects } from './subjects.ts';

export const setSettings: CommandDefinition<SetSettings> = {
  subjects: ({ of }) => settingsSubject(of),
  decide: (state, command, context) => {
    const { of, actorId } = command;
    requireOwn(command);
    const before = settingsIn(context.subjects, of, actorId);
    const settings = { ...before, ...given(command) };
    if (state && isSame(settings, before)) return unchanged(state);
    const { opening, current } = openIfNew(state, command, context);
    return done(state, [...opening, { type: 'settings.changed', ...headOf(current, command, context), of, settings }]);
  },
  ledTo: (command, event) =>
    event.type === 'settings.changed' &&
    event.conversationId === command.conversationId &&
    event.of === command.of &&
    isSame({ ...event.settings, ...given(command) }, event.settings),
  intention: (command) => [command.conversationId, command.of, Object.entries(given(command)).sort()],
};

/** What has to be looked up to know how the actor sees a conversation. */
export function settingsSubject(of: ConversationId): SubjectNames {
  return { own: [{ conversationId: of, target: 0, name: 'settings' }] };
}

/** How a user sees a conversation. */
export function settingsIn(subjects: Subjects, of: ConversationId, userId: UserId): ConversationSettings {
  return subjects.own({ conversationId: of, target: 0, name: 'settings' }, userId)?.value ?? DEFAULT_SETTINGS;
}

/** What is the actor's own is decided in their own conversation, and said of one that they may be in. */
export function requireOwn(command: {
  readonly conversationId: ConversationId;
  readonly of: ConversationId;
  readonly actorId: UserId;
}): void {
  const { conversationId, of, actorId } = command;
  if (conversationId !== selfConversationId(actorId)) throw notAMember();
  if (participants(of)?.includes(actorId) === false) throw notAMember('of');
}

function given({ settings }: SetSettings): Partial<ConversationSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function isSame(a: ConversationSettings, b: ConversationSettings): boolean {
  return (Object.keys(b) as (keyof ConversationSettings)[]).every((name) => a[name] === b[name]);
}
