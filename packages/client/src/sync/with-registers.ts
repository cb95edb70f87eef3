import {
  afterErasing,
  type ConversationId,
  type ConversationSeq,
  carriedBy,
  type Event,
  type EventRef,
  erasedBy,
  type HistoryPage,
  refKey,
  type UserId,
} from '@tidemark/core';
import type { LocalReplica } from '../local-store/local-replica.ts';
import { ownDraftIn } from './own-draft.ts';
import { joinRegisters, type KeptEvent, settingsOf } from './registers.ts';

/**
 * Events as they are to be put into the local store: each joined with what these events say of it, and with what is known of it here
 * already, since a page may have brought it before. With them come the events of the local store that they say something of, or erase
 * something from.
 */
export async function withRegisters(
  events: readonly Event[],
  replica: LocalReplica,
  userId: UserId,
): Promise<readonly Event[]> {
  const registers = settingsOf(events, userId);
  const known = await localCopies(events, replica, userId);
  const joined = events.map((event) => withKnown(event, known.get(refKey(event))));
  if (registers.length === 0) return joined;
  const targets = new Map<string, KeptEvent | undefined>(joined.map((event) => [refKey(event), event]));
  for (const { conversationId, target } of registers) {
    const key = refKey({ conversationId, conversationSeq: target as ConversationSeq });
    if (targets.has(key)) continue;
    const [found] = await replica.events({ conversationId, after: target - 1, limit: 1 });
    targets.set(key, found?.conversationSeq === target ? found : undefined);
  }
  for (const message of events.flatMap(erasedBy)) {
    for (const edit of await editsOf(message, targets.get(refKey(message)), replica)) targets.set(refKey(edit), edit);
  }
  const all = [...targets.values()].flatMap((event) => event ?? []);
  return afterErasing(all).map((event) => joinRegisters(event, registers));
}

/** What is erased here stays so. */
function withKnown(event: Event, known: KeptEvent | undefined): KeptEvent {
  return known && carriedBy(event) && !carriedBy(known) ? known : joinRegisters(event, known?.registers ?? []);
}

/** Events that are read together. */
const PAGE = 500;

/** Edits of a message in the local store: up to the one that it knows, or if it isn't here any of them. */
async function editsOf(ref: EventRef, message: KeptEvent | undefined, replica: LocalReplica): Promise<Event[]> {
  const edited = message?.registers?.find(({ name }) => name === 'content');
  const last = message ? (edited?.seq ?? 0) : Infinity;
  const { conversationId } = ref;
  const edits: Event[] = [];
  for (let after: number = ref.conversationSeq; after < last; ) {
    const page = await replica.events({ conversationId, after, limit: PAGE });
    edits.push(...page.filter((event) => carriedBy(event)?.conversationSeq === ref.conversationSeq));
    if (page.length < PAGE) break;
    after = page.at(-1)?.conversationSeq ?? last;
  }
  return edits;
}

/** The events of a page, with what came in while it was on its way: that was passed over for want of its target. */
export async function withLater(
  { events, asOf }: Pick<HistoryPage, 'events' | 'asOf'>,
  conversationId: ConversationId,
  replica: LocalReplica,
  userId: UserId,
): Promise<readonly KeptEvent[]> {
  const { head } = replica.rows.get(conversationId) ?? { head: 0 };
  const later = asOf < head ? await replica.events({ conversationId, after: asOf, limit: head }) : [];
  const registers = settingsOf(later, userId);
  const left = afterErasing([...events, ...later]).slice(0, events.length);
  return left.map((event) => joinRegisters(event, registers));
}

/** What the local store has of these events, as far as it may have them: it does of those between its own, and of own messages. */
async function localCopies(
  events: readonly Event[],
  replica: LocalReplica,
  userId: UserId,
): Promise<ReadonlyMap<string, KeptEvent>> {
  const ranges = new Map<ConversationId, { from: number; to: number }>();
  for (const event of events) {
    const { conversationId, conversationSeq: seq } = event;
    const local = replica.rows.get(conversationId)?.local;
    const isBetween = local && seq >= local.from && seq <= local.to;
    if (!isBetween && ownDraftIn(event, userId) === undefined) continue;
    const { from, to } = ranges.get(conversationId) ?? { from: seq, to: seq };
    ranges.set(conversationId, { from: Math.min(from, seq), to: Math.max(to, seq) });
  }
  const copies = new Map<string, KeptEvent>();
  for (const [conversationId, { from, to }] of ranges) {
    const found = await replica.events({ conversationId, after: from - 1, limit: to - from + 1 });
    for (const event of found) copies.set(refKey(event), event);
  }
  return copies;
}
