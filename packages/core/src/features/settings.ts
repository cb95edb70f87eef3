import type { ConversationSettings } from '../conversation.ts';
import type { ConversationId, UserId } from '../ids.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';
import type { RegisterSetting } from './registers.ts';

/** What a conversation is set to by whoever has never set anything. */
export const DEFAULT_SETTINGS: ConversationSettings = {
  pinned: false,
  mutedUntil: null,
  notify: 'all',
  archived: false,
  hiddenUntilNews: null,
  markedUnread: false,
  remark: null,
};

export type SetSettings = CommandHead & {
  readonly type: 'settings.set';
  /** The conversation that they are of. */
  readonly of: ConversationId;
  /** Those that change; the others stay as they are. */
  readonly settings: SettingsChange;
};

/** Some of the settings. */
export type SettingsChange = { readonly [N in keyof ConversationSettings]?: ConversationSettings[N] | undefined };

/** The actor has set how they see `of`. It lives in the conversation of that user alone, as a read mark does. */
export interface SettingsChanged extends EventHead {
  readonly type: 'settings.changed';
  readonly of: ConversationId;
  /** All of them, after it. */
  readonly settings: ConversationSettings;
}

export const settingsChanged: EventDefinition<SettingsChanged> = {
  sets: ({ of, actorId, settings }) => settingsRegisters(of, actorId, settings),
};

/** Beside the settings as a whole the one that decides what a list holds, for stores to look at. */
export function settingsRegisters(
  of: ConversationId,
  owner: UserId,
  settings: ConversationSettings,
): readonly RegisterSetting[] {
  return [
    { of, target: 0, name: 'settings', owner, value: settings },
    { of, target: 0, name: 'unlisted', owner, value: settings.hiddenUntilNews },
  ];
}
