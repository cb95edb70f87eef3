import { probeBatches, type UserId } from '@tidemark/core';
import { readBounds } from './heads.ts';
import { documentOf } from './inbox-document.ts';
import type { Collections } from './mongo-db.ts';
import { guard, indexesTaken } from './mongo-errors.ts';

/** The ceiling that probes raise: one document, whoever probes. */
const PROBED = 'tidemark-probe' as UserId;

/** See `InboxStore.probe`. What a process that dies in the middle leaves has expired already. */
export async function probe(collections: Collections): Promise<void> {
  const { inbox, heads } = collections;
  const rows = probeBatches(Date.now()).flatMap((batch) => batch.rows);
  const userIds = [...new Set(rows.map(({ userId }) => userId))];
  const raise = { filter: { _id: PROBED }, update: { $max: { ceiling: 1 } }, upsert: true };
  await indexesTaken(() => heads.bulkWrite([{ updateOne: raise }], { ordered: false }));
  await guard(() =>
    inbox.insertMany(
      rows.map((row) => documentOf(row, 0)),
      { ordered: true },
    ),
  );
  await guard(() => inbox.deleteMany({ userId: { $in: userIds } }));
  await readBounds(collections, userIds);
}
