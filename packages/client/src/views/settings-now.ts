import { type ConversationSettings, DEFAULT_SETTINGS } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import type { OutboxEntry } from '../send/outbox-entries.ts';

/** How the user sees a conversation, with what waits to be set of it. A row of an earlier build has no settings. */
export function settingsNow(
  { settings }: Partial<ConversationRow>,
  waiting: readonly OutboxEntry[],
): ConversationSettings {
  return Object.assign({}, DEFAULT_SETTINGS, settings, ...waiting.map(({ draft }) => draft.settings));
}
