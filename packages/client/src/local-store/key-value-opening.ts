import type { ConversationId } from '@tidemark/core';
import type { KeyChanges, KeyValueJournal } from './key-value-journal.ts';
import { getWhole, ownerOf, PIECE } from './key-value-pieces.ts';
import { indexChunk, type KeyValueData, type KeyValueSpace, type Meta, piecesOf } from './key-value-space.ts';
import { removeAll } from './key-value-storage.ts';
import { isLost, LocalStoreError } from './local-store-error.ts';
import { isReadableDraft, newIncarnation } from './stored-json.ts';

/**
 * From one version to the next: reads what it needs and gives the changes, which are made in one step with the new version.
 * `keys` and those of the changes are without the part that names the user.
 */
export type KeyValueMigration = (
  keys: readonly string[],
  get: (key: string) => Promise<string | null>,
) => Promise<KeyChanges>;

/** Finds what is there, after what a crash left is carried out and older versions are brought to this one. */
export async function openData(
  space: KeyValueSpace,
  journal: KeyValueJournal,
  migrations: readonly KeyValueMigration[],
): Promise<KeyValueData> {
  const { storage, prefix, key } = space;
  const version = migrations.length + 1;
  let meta = await space.readMeta();
  if (meta && meta.version > version) {
    throw new LocalStoreError('newer', `the local store has version ${meta.version}, this build knows ${version}`);
  }
  await journal.recover();
  meta = await space.readMeta();
  if (!meta) {
    meta = { version, generation: newIncarnation(), cursor: null };
    await storage.setItem(key.meta(), JSON.stringify(meta));
  }
  meta = await migrate(space, meta, migrations, journal);
  const chunks: KeyValueData['chunks'] = new Map();
  const pieces: KeyValueData['pieces'] = new Map();
  const garbage: string[] = [];
  const keys = await space.ownKeys();
  const there = new Set(keys);
  for (const each of keys) {
    const owner = ownerOf(prefix, each);
    if (owner !== undefined && there.has(owner)) pieces.set(owner, (pieces.get(owner) ?? 0) + 1);
    else if (owner !== undefined) garbage.push(each);
    const [kind = '', generation, chunk = '', ...id] = each.slice(prefix.length).split(',');
    if (kind === 'journal' || ((kind === 'c' || kind === 'e') && generation !== meta.generation)) garbage.push(each);
    else if (kind === 'e') indexChunk(chunks, id.join(',') as ConversationId, Number(chunk));
  }
  garbage.push(...piecesOf(space, garbage, keys));
  await removeAll(storage, garbage);
  return { space, journal, meta, chunks, pieces };
}

async function migrate(
  { storage, prefix, key, ownKeys }: KeyValueSpace,
  meta: Meta,
  migrations: readonly KeyValueMigration[],
  journal: KeyValueJournal,
): Promise<Meta> {
  let current = meta;
  for (const step of migrations.slice(meta.version - 1)) {
    const keys = (await ownKeys()).map((each) => each.slice(prefix.length));
    const changes = await step(keys, async (each) => (await storage.getItem(prefix + each)) ?? null);
    const set = new Map([...changes.set].map(([each, value]) => [prefix + each, value]));
    current = { ...current, version: current.version + 1 };
    set.set(key.meta(), JSON.stringify(current));
    await journal.commit({ set, remove: changes.remove.map((each) => prefix + each) });
    await journal.apply();
  }
  return current;
}

/** On proof of damage: begins anew with the drafts. Those that cannot be read are kept aside. Rejects when it does not work at the moment. */
export async function repairData(
  { storage, prefix, key, ownKeys }: KeyValueSpace,
  journal: KeyValueJournal,
  version: number,
): Promise<void> {
  // What was committed may be drafts.
  await journal.recover().catch((error: unknown) => {
    if (!isLost(error)) throw error;
  });
  const unreadable: string[] = [`${prefix}journal`];
  for (const each of await ownKeys()) {
    if (!each.startsWith(key.draft(''))) continue;
    const id = each.slice(key.draft('').length);
    const text = (await getWhole(storage, prefix, [each])).get(each);
    if (isReadableDraft(text, id)) continue;
    // At most what one value may hold: it is for whoever looks into it.
    await storage.setItem(key.aside(id), text?.slice(0, PIECE) ?? '');
    unreadable.push(each);
  }
  const meta: Meta = { version, generation: newIncarnation(), cursor: null };
  await storage.setItem(key.meta(), JSON.stringify(meta));
  await removeAll(storage, unreadable);
}
