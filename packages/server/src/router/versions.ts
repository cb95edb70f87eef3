import type {
  ConversationId,
  ConversationSeq,
  EditedContent,
  Event,
  HistoryStore,
  RegisterOf,
  UserId,
  VersionPage,
} from '@tidemark/core';
import { visibleMessage } from './visible-message.ts';

/**
 * A page of what a message has said, the newest version first, as far as its reader may see it: one who is no member any more,
 * up to the end of their last stay. Stage 1.
 *
 * @throws TidemarkError `message_not_found` where the message is none, or not one that the user may see
 */
export async function versionsOf(history: HistoryStore, query: VersionsQuery): Promise<VersionPage> {
  const { userId, conversationId, seq, before = Number.POSITIVE_INFINITY, most, limit, bytes } = query;
  const { message: sent, registers, asOf } = await visibleMessage(history, { userId, conversationId, seq });
  const content = registers.find((register): register is RegisterOf<'content'> => register.name === 'content');
  const newest = Math.min(Math.max(content?.value?.version ?? 1, most), before - 1);
  const keys = Array.from({ length: Math.max(newest - 1, 0) }, (_, nth) => String(nth + 2));
  const edited = await history.findRegisters(
    keys.map((key) => ({ conversationId, target: seq, name: 'version', key, owner: null })),
  );
  const places = edited.map((register) => register.seq).filter((place) => place <= asOf);
  const page = places.sort((a, b) => b - a).slice(0, limit);
  const found = await history.findByRef(
    page.map((conversationSeq) => ({ conversationId, conversationSeq })),
    bytes,
  );
  const versions = found.flatMap(versionIn).sort((a, b) => b.version - a.version);
  const isLast = before > 1 && found.length === places.length && found.length < limit;
  // The first is what was sent.
  if (isLast) {
    const { at, message, mentions } = sent;
    versions.push({ version: 1, at, message, ...(mentions && { mentions }) });
  }
  return { versions, hasMore: before > 1 && !isLast };
}

export interface VersionsQuery {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  /** Of the message. */
  readonly seq: ConversationSeq;
  readonly before?: number | undefined;
  /** Versions that a message may have. */
  readonly most: number;
  readonly limit: number;
  /** Of the page, at most, but for one version. */
  readonly bytes: number;
}

function versionIn(event: Event): EditedContent[] {
  if (event.type !== 'message.edited') return [];
  const { version, at, message, mentions } = event;
  return [{ version, at, message, ...(mentions && { mentions }) }];
}
