import { z } from 'zod';
import type { ConversationSettings } from '../conversation.ts';
import type { SetSettings, SettingsChange, SettingsChanged } from '../features/settings.ts';
import { at, commandHead, commandId, conversationId, eventHead, position, type SchemaOf } from './shapes.ts';

const fields = {
  pinned: z.boolean(),
  mutedUntil: at.max(Number.MAX_SAFE_INTEGER).nullable(),
  notify: z.enum(['all', 'mentions', 'none']),
  archived: z.boolean(),
  hiddenUntilNews: position.nullable(),
  markedUnread: z.boolean(),
  remark: z.string().min(1).max(200).nullable(),
};

export const conversationSettings = z.object(fields) satisfies SchemaOf<ConversationSettings>;
const settingsChange = z.strictObject(fields).partial() satisfies SchemaOf<SettingsChange>;

export const settingsInput = z.strictObject({
  conversationId,
  ...settingsChange.shape,
  commandId: commandId.optional(),
});

export const settingsChanged = z.object({
  type: z.literal('settings.changed'),
  ...eventHead.shape,
  of: conversationId,
  settings: conversationSettings,
}) satisfies SchemaOf<SettingsChanged>;

export const setSettings = z.object({
  type: z.literal('settings.set'),
  ...commandHead.shape,
  of: conversationId,
  settings: settingsChange,
}) satisfies SchemaOf<SetSettings>;
