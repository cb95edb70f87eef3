import type { UserId } from '@tidemark/core';
import { readBounds } from './heads.ts';
import type { InboxDocument } from './inbox-document.ts';
import type { Collections } from './mongo-db.ts';
import { guard } from './mongo-errors.ts';

/** Rows of so much of the retention are looked at before they expire. */
const WINDOW = 1 / 100;
/** What a kept row gets, as a part of the retention. Less than a new row gets: see below. */
const EXTENSION = 1 / 2;
const CHUNK = 1_000;

/**
 * Keeps each user's newest row from expiring, so that the head of a user who has been idle for long is exact, and their
 * devices go on from their cursors. It is a courtesy: where no process runs for a time longer than the window, the row
 * expires and the ceiling takes its place.
 *
 * A kept row gets half a retention more. A row that is written after the look, even by a clock that is behind, gets a
 * whole one and so outlives it: rows always expire in the order of their seqs, never from the middle.
 *
 * @param now milliseconds since 1970.
 */
export async function keepNewestRows(collections: Collections, now: number, retentionMs: number): Promise<void> {
  const soon = { $lte: new Date(now + retentionMs * WINDOW) };
  const projection = { _id: 0, userId: 1, seq: 1 } as const;
  let chunk: InboxDocument[] = [];
  await guard(async () => {
    for await (const document of collections.inbox.find({ expireAt: soon }, { projection })) {
      chunk.push(document as InboxDocument);
      if (chunk.length < CHUNK) continue;
      await keepNewestOf(collections, chunk, now, retentionMs);
      chunk = [];
    }
  });
  await keepNewestOf(collections, chunk, now, retentionMs);
}

async function keepNewestOf(
  collections: Collections,
  expiring: InboxDocument[],
  now: number,
  retentionMs: number,
): Promise<void> {
  const users = new Set<UserId>(expiring.map(({ userId }) => userId));
  const bounds = await readBounds(collections, [...users]);
  const newest = expiring.filter(({ userId, seq }) => bounds.get(userId)?.head === seq);
  if (newest.length === 0) return;
  const expireAt = new Date(now + retentionMs * EXTENSION);
  const updates = newest.map(({ userId, seq }) => ({
    updateOne: { filter: { userId, seq }, update: { $max: { expireAt } } },
  }));
  await guard(() => collections.inbox.bulkWrite(updates, { ordered: false }));
}
