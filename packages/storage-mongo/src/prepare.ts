import { randomInt } from 'node:crypto';
import { DeploymentError, type Epoch, type StoreIdentity } from '@tidemark/core';
import type { Collections, MongoIndex } from './mongo-db.ts';
import { guard, isDuplicateKey } from './mongo-errors.ts';

/** What `open` sees to: the indexes, and the epoch. Every step may be taken by several processes at once, and again. */
export async function prepare(collections: Collections, mode: 'run' | 'check'): Promise<Epoch> {
  if (mode === 'run') await guard(() => collections.inbox.createIndexes(INBOX_INDEXES));
  else await requireIndexes(collections);
  return epochOf(collections);
}

const INBOX_INDEXES: MongoIndex[] = [
  /** A seq is given once. Also what pages, heads and floors are read from. */
  { name: 'user_seq', key: { userId: 1, seq: 1 }, unique: true },
  /** An event is delivered once. Partial, since voids hold none. */
  {
    name: 'user_event',
    key: { userId: 1, conversationId: 1, conversationSeq: 1 },
    unique: true,
    partialFilterExpression: { conversationSeq: { $exists: true } },
  },
  /** Retention. Zero: the document itself says when. */
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
];

async function requireIndexes({ inbox, inboxName }: Collections): Promise<void> {
  const found = await guard(() => inbox.listIndexes().toArray()).catch((error: unknown) => {
    if (isMissingCollection(error)) return [];
    throw error;
  });
  const names = new Set(found.map(({ name }) => name));
  const missing = INBOX_INDEXES.filter(({ name }) => !names.has(name));
  if (missing.length === 0) return;
  throw new DeploymentError(
    missing.map(({ name }) => ({ what: `the index ${name} of ${inboxName}`, here: 'needed', there: 'missing' })),
    "Open the inbox once with migrate: 'run', as a user who may make indexes, and close it.",
  );
}

/** NamespaceNotFound. */
function isMissingCollection(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 26;
}

const EPOCH_ID = 'epoch';
const HISTORY_ID = 'history';
const EPOCH_LENGTH = 16;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The epoch that is stored, or a new one. */
async function epochOf(collections: Collections): Promise<Epoch> {
  return (await metaOnce(collections, EPOCH_ID, randomEpoch())) as Epoch;
}

export async function renewEpoch({ meta }: Collections): Promise<Epoch> {
  const epoch = randomEpoch() as Epoch;
  await guard(() => meta.updateOne({ _id: EPOCH_ID }, { $set: { value: epoch } }, { upsert: true }));
  return epoch;
}

/** The history that the inbox belongs to: `history`, where none was named before. */
export async function bindTo(collections: Collections, history: StoreIdentity): Promise<StoreIdentity> {
  return (await metaOnce(collections, HISTORY_ID, history)) as StoreIdentity;
}

/** Sets what belongs to the whole store where it is absent, and returns what stands: of several processes the first decides. */
async function metaOnce({ meta }: Collections, id: string, given: string): Promise<string> {
  const update = { $setOnInsert: { value: given } };
  await guard(async () => {
    try {
      await meta.updateOne({ _id: id }, update, { upsert: true });
    } catch (error) {
      // Another process inserted it between the look and the insert of this upsert.
      if (!isDuplicateKey(error)) throw error;
    }
  });
  const document = await guard(() => meta.findOne({ _id: id }));
  const value = document?.value;
  if (typeof value !== 'string') throw new Error(`the inbox store has no ${id} after it was prepared`);
  return value;
}

function randomEpoch(): string {
  return Array.from({ length: EPOCH_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
