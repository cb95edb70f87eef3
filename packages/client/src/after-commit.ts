import type { ClientParts, Handles } from './client-parts.ts';
import type { ClientTabs } from './client-tabs.ts';
import type { LocalChanges } from './local-store/local-store.ts';
import type { LiveMessagesView } from './views/messages-view.ts';

/**
 * All that follows from a commit, in this order: rows are in the views before the outbox drops their drafts, so nothing flickers;
 * then the listeners of this tab hear of it, then the other tabs; last, what the rows lack is fetched.
 */
export function afterCommit(
  changes: LocalChanges,
  origin: 'here' | 'elsewhere',
  { handles, outbox, conversations, life, group }: ClientParts & { readonly group: ClientTabs },
): void {
  const views = [...viewsOf(changes, handles)];
  for (const view of views) view.merge(changes);
  outbox.notice(changes, origin);
  for (const view of views) view.change();
  conversations.update(changes);
  if (origin === 'here') group.post({ type: 'changes', changes });
  for (const row of changes.conversations ?? []) if (row.stale) life.leadership?.refreshes.add(row.conversationId);
}

function* viewsOf(changes: LocalChanges, handles: Handles): Iterable<LiveMessagesView> {
  const { replace, conversations = [], events = [] } = changes;
  if (replace) return yield* handles.all();
  for (const conversationId of new Set([...conversations, ...events].map((each) => each.conversationId))) {
    const view = handles.messagesOf(conversationId);
    if (view) yield view;
  }
}
