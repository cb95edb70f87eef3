import type { ConversationId, Event } from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';
import type { LocalChanges, LocalStore } from './local-store.ts';

/** With more missed events than that, views read the store anew. */
const MAX_MISSED_EVENTS = 1_000;

/** Changes that the store has and `rows` lack. @param conversations those of the store */
export async function missedChanges(
  store: LocalStore,
  rows: ReadonlyMap<ConversationId, ConversationRow>,
  conversations: readonly ConversationRow[],
): Promise<LocalChanges> {
  const everything: LocalChanges = { replace: true, conversations };
  const changed = conversations.filter((row) => !isSame(row, rows.get(row.conversationId)));
  // Rows are removed by a snapshot alone.
  const known = new Set(conversations.map((row) => row.conversationId));
  for (const conversationId of rows.keys()) if (!known.has(conversationId)) return everything;
  const found: Event[] = [];
  for (const { conversationId, local } of changed) {
    const before = rows.get(conversationId)?.local ?? null;
    if (before && (!local || local.from > before.from || local.to < before.to)) return everything;
    if (!local) continue;
    // Older events are read by the view that shows them.
    if (before && local.to === before.to) continue;
    const after = before?.to ?? local.from - 1;
    found.push(...(await store.events({ conversationId, after, limit: MAX_MISSED_EVENTS - found.length + 1 })));
    if (found.length > MAX_MISSED_EVENTS) return everything;
  }
  return { conversations: changed, events: found };
}

function isSame(a: ConversationRow, b: ConversationRow | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
