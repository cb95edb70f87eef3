import { type ConversationId, type ConversationSettings, DEFAULT_SETTINGS, type Event } from '@tidemark/core';

/** How the user of a `self` conversation sees `of` once its events, some of which may be of others, have happened. */
export function settingsIn(events: readonly Event[], of: ConversationId): ConversationSettings {
  return lastOf(events, of)?.settings ?? DEFAULT_SETTINGS;
}

/** Where the last of them was set; 0: none was. */
export function ownSeqIn(events: readonly Event[], of: ConversationId): number {
  return lastOf(events, of)?.conversationSeq ?? 0;
}

function lastOf(events: readonly Event[], of: ConversationId) {
  return events.findLast((event) => 'settings' in event && event.settings !== undefined && event.of === of) as
    | Extract<Event, { settings?: unknown }>
    | undefined;
}
