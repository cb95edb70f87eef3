import type { InboxBounds, InboxRow, Seq, UserId } from '@tidemark/core';
import type { Collections, MongoCollection, MongoDocument } from './mongo-db.ts';
import { guard, indexesTaken } from './mongo-errors.ts';

/**
 * A user's head must survive the expiry of every row, or seqs would be given twice. What survives is a ceiling: the last
 * seq of the block of 256 that the user has reached. It is written before the first row that would exceed the one
 * before, so no row is ever above its user's ceiling, and a user with rows always has one.
 */
const BLOCK = 256;
/** Ceilings a process remembers, so that it writes each once. About 100 bytes each. */
const REMEMBERED = 50_000;

export class Ceilings {
  readonly #heads: MongoCollection;
  /** Ceilings that are stored, least recently raised first. What is stored may be higher, never lower. */
  readonly #stored = new Map<UserId, number>();

  constructor(heads: MongoCollection) {
    this.#heads = heads;
  }

  /** Raises the ceilings that these rows need. Resolves before any of the rows may be written. */
  async raise(rows: readonly InboxRow[]): Promise<void> {
    const wanted = new Map<UserId, number>();
    const begun = new Set<UserId>();
    for (const { userId, seq } of rows) {
      const known = Math.max(wanted.get(userId) ?? 0, this.#stored.get(userId) ?? 0);
      if (seq > known) wanted.set(userId, Math.ceil(seq / BLOCK) * BLOCK);
      if (seq !== 1) continue;
      begun.add(userId);
      wanted.set(userId, Math.max(known, BLOCK));
    }
    // In one order for all, so that two writers wait for each other at most once.
    const inOrder = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
    let missing = inOrder.map(([userId, ceiling]) => ({
      updateOne: {
        filter: { _id: userId },
        update: { $max: { ceiling }, ...(begun.has(userId) && { $set: { begun: true } }) },
        upsert: true,
      },
    }));
    // Of two upserts of a new user at the same time, one may find the key taken, and then has to update instead.
    while (missing.length > 0) {
      const taken = await indexesTaken(() => this.#heads.bulkWrite(missing, { ordered: false }));
      missing = taken.flatMap((index) => missing[index] ?? []);
    }
    for (const [userId, ceiling] of wanted) this.#remember(userId, ceiling);
  }

  /** Forgets what is stored: the store may be another one than before. */
  forget(): void {
    this.#stored.clear();
  }

  #remember(userId: UserId, ceiling: number): void {
    const known = this.#stored.get(userId) ?? 0;
    this.#stored.delete(userId);
    this.#stored.set(userId, Math.max(known, ceiling));
    for (const oldest of this.#stored.keys()) {
      if (this.#stored.size <= REMEMBERED) break;
      this.#stored.delete(oldest);
    }
  }
}

/** Head and floor of each user, in one command: two steps into an index per user. */
export async function readBounds(
  { heads, inboxName }: Collections,
  userIds: readonly UserId[],
): Promise<Map<UserId, InboxBounds>> {
  const bounds = new Map<UserId, InboxBounds>(userIds.map((userId) => [userId, { floor: 0 as Seq, head: 0 as Seq }]));
  if (userIds.length === 0) return bounds;
  const found = await guard(() =>
    heads.aggregate([{ $match: { _id: { $in: [...userIds] } } }, edge(inboxName, 1), edge(inboxName, -1)]).toArray(),
  );
  for (const document of found as Head[]) {
    const { _id: userId, ceiling, begun, lowest, highest } = document;
    // Before seq 1 was ever written nothing can have expired: a later seq was faster, and below it is a hole.
    const oldest = begun ? (lowest[0]?.seq ?? 1) : 1;
    const floor = lowest[0] ? oldest - 1 : ceiling;
    bounds.set(userId, { floor: floor as Seq, head: (highest[0]?.seq ?? ceiling) as Seq });
  }
  return bounds;
}

interface Head extends MongoDocument {
  readonly _id: UserId;
  readonly ceiling: number;
  /** Seq 1 has been written. */
  readonly begun?: boolean;
  readonly lowest: readonly { readonly seq: number }[];
  readonly highest: readonly { readonly seq: number }[];
}

/** The user's first row from one end of the index (userId, seq). */
function edge(inboxName: string, direction: 1 | -1): MongoDocument {
  return {
    $lookup: {
      from: inboxName,
      localField: '_id',
      foreignField: 'userId',
      pipeline: [{ $sort: { seq: direction } }, { $limit: 1 }, { $project: { _id: 0, seq: 1 } }],
      as: direction === 1 ? 'lowest' : 'highest',
    },
  };
}
