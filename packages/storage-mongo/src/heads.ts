import type { InboxBounds, InboxRow, Seq, UserId } from '@tidemark/core';
import type { Collections, MongoCollection, MongoDocument } from './mongo-db.ts';
import { guard, indexesTaken } from './mongo-errors.ts';

/**
 * A user's head must survive the expiry of every row, or seqs would be given twice. What survives is a ceiling: the last
 * seq of the block of 256 that the user has reached. It is written before the first row that would exceed the one
 * before, so no row is ever above its user's ceiling, and a user with rows always has one.
 *
 * Head and floor come from the rows. The ceiling stands in for them only when no row is left and the rows of its block
 * may have expired: until then a missing row is one that its writer has not written yet, and a device that began at the
 * ceiling would wait for seqs that are given before it.
 */
const BLOCK = 256;
/**
 * No row is taken for expired before so much of the retention has passed since its block was begun. Less than a whole one,
 * since rows carry the time of their writers, whose clocks differ.
 */
const SURELY_KEPT = 1 / 2;
/** Ceilings a process remembers, so that it writes each once. About 100 bytes each. */
const REMEMBERED = 50_000;

/** What the heads of these users say of time is brought down to what rows of a plausible `at`, in ms since 1970, can give. */
export async function believeHeads(
  { heads }: Collections,
  users: ReadonlySet<UserId>,
  plausible: number,
  retentionMs: number,
): Promise<void> {
  const latest = new Date(plausible + retentionMs * SURELY_KEPT);
  const updates = [...users].map((userId) => ({
    updateOne: { filter: { _id: userId }, update: { $min: { keptUntil: latest, firstKeptUntil: latest } } },
  }));
  await guard(() => heads.bulkWrite(updates, { ordered: false }));
}

export class Ceilings {
  readonly #heads: MongoCollection;
  readonly #retentionMs: number;
  /** Ceilings that are stored, least recently raised first. What is stored may be higher, never lower. */
  readonly #stored = new Map<UserId, number>();

  /** @param retentionMs ms that a row is kept */
  constructor(heads: MongoCollection, retentionMs: number) {
    this.#heads = heads;
    this.#retentionMs = retentionMs;
  }

  /** Raises the ceilings that these rows need. Resolves before any of the rows may be written. */
  async raise(rows: readonly InboxRow[]): Promise<void> {
    const wanted = new Map<UserId, { ceiling: number; keptUntil: Date }>();
    for (const { userId, seq, at } of rows) {
      if (seq <= Math.max(wanted.get(userId)?.ceiling ?? 0, this.#stored.get(userId) ?? 0)) continue;
      const keptUntil = new Date(at + this.#retentionMs * SURELY_KEPT);
      wanted.set(userId, { ceiling: Math.ceil(seq / BLOCK) * BLOCK, keptUntil });
    }
    // In one order for all, so that two writers wait for each other at most once.
    const inOrder = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
    let missing = inOrder.map(([userId, { ceiling, keptUntil }]) => ({
      updateOne: {
        filter: { _id: userId },
        update: { $max: { ceiling, keptUntil }, $setOnInsert: { firstKeptUntil: keptUntil } },
        upsert: true,
      },
    }));
    // Of two upserts of a new user at the same time, one may find the key taken, and then has to update instead.
    while (missing.length > 0) {
      const taken = await indexesTaken(() => this.#heads.bulkWrite(missing, { ordered: false }));
      missing = taken.flatMap((index) => missing[index] ?? []);
    }
    for (const [userId, { ceiling }] of wanted) this.#remember(userId, ceiling);
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

/** Head and floor of each user, in one command: two steps into an index per user. What is past the server's clock says. */
export async function readBounds(
  { heads, inboxName }: Collections,
  userIds: readonly UserId[],
): Promise<Map<UserId, InboxBounds>> {
  const bounds = new Map<UserId, InboxBounds>(userIds.map((userId) => [userId, { floor: 0 as Seq, head: 0 as Seq }]));
  if (userIds.length === 0) return bounds;
  const found = await guard(() =>
    heads
      .aggregate([
        { $match: { _id: { $in: [...userIds] } } },
        edge(inboxName, 1),
        edge(inboxName, -1),
        { $set: { now: '$$NOW' } },
      ])
      .toArray(),
  );
  for (const { _id: userId, ceiling, keptUntil, firstKeptUntil, lowest, highest, now } of found as Head[]) {
    const isPast = (date: Date | undefined): boolean => date === undefined || date <= now;

    const [first, last] = [lowest[0]?.seq, highest[0]?.seq];
    if (first !== undefined && last !== undefined) {
      // While nothing can have expired, what is missing below the first row is a hole that its writer may still fill.
      const floor = isPast(firstKeptUntil) ? first - 1 : 0;
      bounds.set(userId, { floor: floor as Seq, head: last as Seq });
      continue;
    }
    const head = (isPast(keptUntil) ? ceiling : ceiling - BLOCK) as Seq;
    bounds.set(userId, { floor: head, head });
  }
  return bounds;
}

interface Head extends MongoDocument {
  readonly _id: UserId;
  readonly ceiling: number;
  /** What the server's clock shows. */
  readonly now: Date;
  /** Rows above the ceiling before this one cannot have expired until then. */
  readonly keptUntil?: Date;
  /** No row of this user can have expired until then. */
  readonly firstKeptUntil?: Date;
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
