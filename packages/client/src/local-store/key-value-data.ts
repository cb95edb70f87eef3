import type { ConversationId, Event } from '@tidemark/core';
import { CHUNK, chunkOf, groupByChunk, mergeChunk, pick } from './event-chunks.ts';
import { getWhole, inPieces } from './key-value-pieces.ts';
import { indexChunk, type KeyValueData, type KeyValueSpace, type Meta, piecesOf } from './key-value-space.ts';
import { removeAll } from './key-value-storage.ts';
import type { LocalChanges, LocalEventsQuery, LocalState } from './local-store.ts';
import { LocalStoreError } from './local-store-error.ts';
import { byOrder, newIncarnation, readConversation, readDraft, readEvents } from './stored-json.ts';

export async function loadData({ space, meta }: KeyValueData): Promise<LocalState> {
  const { storage, prefix, key } = space;
  const conversationKeys = key.conversation(meta.generation, '');
  const draftKeys = key.draft('');
  const wanted = (await space.ownKeys()).filter(
    (each) => each.startsWith(conversationKeys) || each.startsWith(draftKeys),
  );
  const found = [...(await getWhole(storage, prefix, wanted))];
  return {
    cursor: meta.cursor,
    conversations: found
      .filter(([each]) => each.startsWith(conversationKeys))
      .map(([each, text]) => readConversation(text, each.slice(conversationKeys.length))),
    drafts: found
      .filter(([each]) => each.startsWith(draftKeys))
      .map(([each, text]) => readDraft(text, each.slice(draftKeys.length)))
      .sort(byOrder),
  };
}

async function readChunks(
  { storage, prefix, key }: KeyValueSpace,
  generation: string,
  chunks: readonly { readonly conversationId: ConversationId; readonly chunk: number }[],
): Promise<Event[][]> {
  const keys = chunks.map(({ conversationId, chunk }) => key.chunk(generation, chunk, conversationId));
  const found = await getWhole(storage, prefix, keys);
  return chunks.map(({ conversationId }, index) => {
    const text = found.get(keys[index] ?? '') ?? null;
    if (text === null) throw new LocalStoreError('evicted', 'events of the local store were removed');
    return readEvents(text, conversationId);
  });
}

export async function readRange(own: KeyValueData, query: LocalEventsQuery): Promise<Event[]> {
  const { conversationId, after = -1, before = Number.MAX_SAFE_INTEGER, limit } = query;
  const direction = query.after === undefined ? -1 : 1;
  const wanted = [...(own.chunks.get(conversationId) ?? [])]
    .filter((chunk) => chunk >= chunkOf(after + 1) && chunk <= chunkOf(before - 1))
    .sort((a, b) => direction * (a - b));
  const events: Event[] = [];
  // As many chunks at once as hold `limit` events when they are full, and one for the border.
  const step = Math.ceil(limit / CHUNK) + 1;
  for (let index = 0; index < wanted.length && pick(events, query).length < limit; index += step) {
    const chunks = wanted.slice(index, index + step).map((chunk) => ({ conversationId, chunk }));
    events.push(...(await readChunks(own.space, own.meta.generation, chunks)).flat());
  }
  return pick(events, query);
}

export async function writeData(own: KeyValueData, changes: LocalChanges): Promise<void> {
  const { space, journal } = own;
  const { key } = space;
  const { replace = false, cursor = replace ? own.meta.cursor : undefined } = changes;
  const meta: Meta = {
    ...own.meta,
    cursor: cursor ?? own.meta.cursor,
    generation: replace ? newIncarnation() : own.meta.generation,
  };
  const chunks: KeyValueData['chunks'] = replace ? new Map() : own.chunks;
  const set = new Map<string, string>();
  for (const row of changes.conversations ?? []) {
    set.set(key.conversation(meta.generation, row.conversationId), JSON.stringify(row));
  }
  const touched = await mergeEvents(space, meta.generation, chunks, changes.events ?? []);
  for (const { conversationId, chunk, events } of touched) {
    set.set(key.chunk(meta.generation, chunk, conversationId), JSON.stringify(events));
  }
  for (const draft of changes.putDrafts ?? []) set.set(key.draft(draft.clientMessageId), JSON.stringify(draft));
  const remove = (changes.removeDrafts ?? []).map((id) => key.draft(id));
  for (const each of remove) set.delete(each);
  if (meta.cursor !== own.meta.cursor || replace) set.set(key.meta(), JSON.stringify(meta));

  const pieces = new Map(own.pieces);
  await journal.commit(inPieces({ set, remove }, space.prefix, pieces));
  const before = own.meta.generation;
  own.meta = meta;
  own.chunks = chunks;
  own.pieces = pieces;
  for (const { conversationId, chunk } of touched) indexChunk(chunks, conversationId, chunk);
  // It is committed whatever happens now: what cannot be carried out is tried again before the next operation.
  await journal.apply().catch(() => undefined);
  if (replace) await removeGeneration(space, before).catch(() => undefined);
}

/** The chunks that `events` belong to, with them in place. */
async function mergeEvents(
  space: KeyValueSpace,
  generation: string,
  chunks: KeyValueData['chunks'],
  events: readonly Event[],
) {
  const touched = groupByChunk(events);
  const existing = touched.filter((each) => chunks.get(each.conversationId)?.has(each.chunk));
  const found = await readChunks(space, generation, existing);
  const stored = new Map(existing.map((each, index) => [each, found[index] ?? []]));
  return touched.map((each) => ({ ...each, events: mergeChunk(stored.get(each) ?? [], each.events) }));
}

/** What is left of it after a crash is removed by the next `open`. */
async function removeGeneration(space: KeyValueSpace, generation: string): Promise<void> {
  const { storage, prefix } = space;
  const [conversations, events] = [`${prefix}c,${generation},`, `${prefix}e,${generation},`];
  const keys = await space.ownKeys();
  const gone = keys.filter((each) => each.startsWith(conversations) || each.startsWith(events));
  await removeAll(storage, [...gone, ...piecesOf(space, gone, keys)]);
}
