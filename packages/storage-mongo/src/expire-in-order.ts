import { believeHeads } from './heads.ts';
import type { InboxDocument } from './inbox-document.ts';
import type { Collections, MongoUpdate } from './mongo-db.ts';
import { guard } from './mongo-errors.ts';

/** Rows that one look sees to; the next one sees to others. */
const CHUNK = 1_000;

/**
 * Rows that a wrong clock dated far ahead would outlive those after them, and readers would find holes where these have expired.
 * So each expires with the first after it that was dated rightly; one without such is taken for as young as a row can be.
 *
 * @param plausible ms since 1970: a row with a later `at` was dated by a wrong clock
 * @param retentionMs ms that a row is kept
 */
export async function expireInOrder(collections: Collections, plausible: number, retentionMs: number): Promise<void> {
  const { inbox } = collections;
  const latest = new Date(plausible + retentionMs);
  const projection = { _id: 0, userId: 1, seq: 1 } as const;
  await guard(async () => {
    const wrong = await inbox.find({ expireAt: { $gt: latest } }, { projection, limit: CHUNK }).toArray();
    if (wrong.length === 0) return;
    // First: rows that are seen to are not found again.
    await believeHeads(collections, new Set(wrong.map((row) => (row as InboxDocument).userId)), plausible, retentionMs);
    const updates: MongoUpdate[] = [];
    for (const { userId, seq } of wrong as InboxDocument[]) {
      const after = { userId, seq: { $gt: seq }, expireAt: { $lte: latest } };
      const [next] = await inbox.find(after, { sort: { seq: 1 }, limit: 1 }).toArray();
      const expireAt = (next as InboxDocument | undefined)?.expireAt ?? latest;
      updates.push({ updateOne: { filter: { userId, seq }, update: { $set: { expireAt } } } });
    }
    await inbox.bulkWrite(updates, { ordered: false });
  });
}
