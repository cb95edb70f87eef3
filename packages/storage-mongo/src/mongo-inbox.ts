/**
 * Stage: 5 store, the inbox role on MongoDB.
 * In: rows (user, seq) → event, a batch at a time.
 * Out: one durable write of them, or a conflict; pages, heads and floors.
 * Keeps: P2 P4 P6 P9.
 * Proved by: packages/storage-mongo/test.
 */
import {
  type Delivery,
  type Epoch,
  type EventRef,
  type InboxRecord,
  type InboxRow,
  type InboxStore,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { expireInOrder } from './expire-in-order.ts';
import { Ceilings, readBounds } from './heads.ts';
import { documentOf, type InboxDocument, refOf, rowOf } from './inbox-document.ts';
import { keepNewestRows } from './keep-newest.ts';
import { type Collections, collectionsOf, type MongoDb } from './mongo-db.ts';
import { guard, indexesTaken } from './mongo-errors.ts';
import { bindTo, prepare, renewEpoch } from './prepare.ts';
import { probe } from './probe.ts';

export interface MongoInboxOptions {
  /** The application's own database, of a client that it connects and closes. */
  readonly db: MongoDb;
  /**
   * Milliseconds that an entry is kept. At least 1; default 1,209,600,000 (14 days). It is the deployment's retention:
   * `createMessaging` takes it from here, and refuses another one of its own.
   */
  readonly retentionMs?: number;
  /** What the names of the collections begin with: letters, digits and `_`, at most 64. Default `tidemark_`. */
  readonly collectionPrefix?: string;
  /**
   * Who makes the indexes: `run`, unless set, has `open` do it; with `check` it only looks, and refuses with DeploymentError
   * where one is missing.
   */
  readonly migrate?: 'run' | 'check';
}

export const DEFAULT_RETENTION_MS = 14 * 24 * 60 * 60 * 1000;
const DEFAULT_PREFIX = 'tidemark_';
/** Deliveries that one query asks for. */
const FIND_CHUNK = 1_000;

/**
 * Inboxes in MongoDB, whose TTL index removes what is past retention. For `composeStorage` or
 * `createMessaging({ storage: { history, inbox: mongoInbox({ db }) } })`.
 *
 * @throws TidemarkError `invalid_input` that names the option.
 */
export function mongoInbox(options: MongoInboxOptions): InboxStore {
  if ('retention' in options) throw new TidemarkError('invalid_input', 'is now retentionMs', { field: 'retention' });
  const retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS;
  const prefix = options.collectionPrefix ?? DEFAULT_PREFIX;
  if (!Number.isSafeInteger(retentionMs) || retentionMs < 1) {
    throw new TidemarkError('invalid_input', 'must be a whole number of milliseconds, at least 1', {
      field: 'retentionMs',
    });
  }
  if (!/^\w{0,64}$/.test(prefix)) {
    throw new TidemarkError('invalid_input', 'must be at most 64 letters, digits and "_"', {
      field: 'collectionPrefix',
    });
  }
  const { migrate = 'run' } = options;
  if (migrate !== 'run' && migrate !== 'check') {
    throw new TidemarkError('invalid_input', "must be 'run' or 'check'", { field: 'migrate' });
  }
  const collections = collectionsOf(options.db, prefix);
  const { inbox, meta } = collections;
  const ceilings = new Ceilings(collections.heads, retentionMs);
  let epoch: Epoch | undefined;

  /**
   * Writes rows, and returns the indexes of those it met whose keys are taken. In order, it stops at the first of them:
   * what is written is a beginning, as `append` asks. Otherwise it writes all whose keys are free.
   */
  async function write(rows: readonly InboxRow[], { ordered }: { ordered: boolean }): Promise<number[]> {
    if (rows.length === 0) return [];
    await ceilings.raise(rows);
    const documents = rows.map((row) => documentOf(row, retentionMs));
    return indexesTaken(() => inbox.insertMany(documents, { ordered }));
  }

  return {
    survives: 'machine',
    open: async () => {
      ceilings.forget();
      epoch = await prepare(collections, migrate);
    },
    forget: () => ceilings.forget(),
    // The client is the application's: nothing of ours is open.
    close: async () => {},
    retentionMs,
    get epoch() {
      if (epoch === undefined) throw new Error('the epoch of an inbox store is known after open()');
      return epoch;
    },
    renewEpoch: async () => {
      epoch = await renewEpoch(collections);
      return epoch;
    },
    bind: (history) => bindTo(collections, history),
    append: async (rows) => ({ conflict: (await write(rows, { ordered: true })).length > 0 ? 'entry' : undefined }),
    probe: () => probe(collections),
    fillVoids: async (userId, seqs, at) => {
      const voids = [...new Set(seqs)].map((seq): InboxRow => ({ userId, seq, ref: null, at }));
      const taken = new Set(await write(voids, { ordered: false }));
      return voids.filter((_, index) => !taken.has(index)).map(({ seq }) => seq);
    },
    find: async (deliveries) => find(collections, deliveries),
    range: async (userId, after, limit) => {
      const page = {
        sort: { seq: 1 },
        limit,
        projection: { _id: 0, seq: 1, conversationId: 1, conversationSeq: 1 },
      } as const;
      const documents = await guard(() => inbox.find({ userId, seq: { $gt: after } }, page).toArray());
      return documents.map((document): InboxRecord => ({ seq: (document as InboxDocument).seq, ref: refOf(document) }));
    },
    seqs: async (userId, after, limit) => {
      const page = { sort: { seq: 1 }, limit, projection: { _id: 0, seq: 1 } } as const;
      const documents = await guard(() => inbox.find({ userId, seq: { $gt: after } }, page).toArray());
      return documents.map((document) => (document as InboxDocument).seq);
    },
    bounds: async (userIds) => readBounds(collections, userIds),
    wallTime: async () => {
      // Of the epoch's document, since only a document tells it.
      const [time] = await guard(() => meta.aggregate([{ $limit: 1 }, { $project: { now: '$$NOW' } }]).toArray());
      return (time as { now: Date } | undefined)?.now.getTime() ?? Number.NaN;
    },
    // Rows go by themselves; what is left to do is to see to those that had better stay, and to those that would stay too long.
    purge: async (before, _limit, plausible) => {
      if (plausible !== undefined) await expireInOrder(collections, plausible, retentionMs);
      await keepNewestRows(collections, before + retentionMs, retentionMs);
      return 0;
    },
  };
}

/** One condition per event, with all its recipients, so that a message to a group is one walk over the index. */
async function find({ inbox }: Collections, deliveries: readonly Delivery[]): Promise<InboxRow[]> {
  const rows: InboxRow[] = [];
  for (let start = 0; start < deliveries.length; start += FIND_CHUNK) {
    const recipients = new Map<string, { ref: EventRef; userIds: UserId[] }>();
    for (const { userId, ref } of deliveries.slice(start, start + FIND_CHUNK)) {
      const key = `${ref.conversationId} ${ref.conversationSeq}`;
      const entry = recipients.get(key) ?? { ref, userIds: [] };
      entry.userIds.push(userId);
      recipients.set(key, entry);
    }
    const anyOf = [...recipients.values()].map(({ ref: { conversationId, conversationSeq }, userIds }) => ({
      userId: { $in: userIds },
      conversationId,
      conversationSeq,
    }));
    const documents = await guard(() => inbox.find({ $or: anyOf }, { projection: { _id: 0 } }).toArray());
    rows.push(...documents.map(rowOf));
  }
  return rows;
}
