import type { ConversationId, Cursor } from '@tidemark/core';
import type { KeyValueJournal } from './key-value-journal.ts';
import { ownerOf } from './key-value-pieces.ts';
import { getOne, type KeyValueStorage } from './key-value-storage.ts';
import { LocalStoreError } from './local-store-error.ts';

/** The root: its value decides which of the others count. */
export interface Meta {
  readonly version: number;
  /** Part of the keys of conversations and events. A replacement begins another one, and those of others are garbage. */
  readonly generation: string;
  readonly cursor: Cursor | null;
}

/** The data of an open store. */
export interface KeyValueData {
  readonly space: KeyValueSpace;
  journal: KeyValueJournal;
  meta: Meta;
  /** Conversation → numbers of its chunks. */
  chunks: Map<ConversationId, Set<number>>;
  /** Key → number of its pieces, where its value is too long for one. */
  pieces: Map<string, number>;
}

/** The keys of one user in a storage. */
export interface KeyValueSpace {
  readonly storage: KeyValueStorage;
  /** Begins each of them. */
  readonly prefix: string;
  readonly key: {
    meta(): string;
    draft(id: string): string;
    /** A draft that cannot be read, where it is in nobody's way. */
    aside(id: string): string;
    conversation(generation: string, id: string): string;
    chunk(generation: string, chunk: number, id: string): string;
  };
  /** Those that are there. */
  ownKeys(): Promise<string[]>;
  readMeta(): Promise<Meta | undefined>;
}

export function createKeyValueSpace(storage: KeyValueStorage, prefix: string): KeyValueSpace {
  const key: KeyValueSpace['key'] = {
    meta: () => `${prefix}meta`,
    draft: (id) => `${prefix}d,${id}`,
    aside: (id) => `${prefix}aside,${id}`,
    conversation: (generation, id) => `${prefix}c,${generation},${id}`,
    chunk: (generation, chunk, id) => `${prefix}e,${generation},${chunk},${id}`,
  };
  return {
    storage,
    prefix,
    key,
    ownKeys: async () => (await storage.getAllKeys()).filter((each) => each.startsWith(prefix)),
    readMeta: async () => {
      const text = await getOne(storage, key.meta());
      if (text === null) return undefined;
      try {
        const meta = JSON.parse(text) as Partial<Meta> | null;
        if (typeof meta?.version === 'number' && typeof meta.generation === 'string') return meta as Meta;
      } catch {}
      throw new LocalStoreError('corrupt', 'the root of the local store cannot be read');
    },
  };
}

/** The pieces, among `keys`, of the values under `owners`. */
export function piecesOf({ prefix }: KeyValueSpace, owners: readonly string[], keys: readonly string[]): string[] {
  const gone = new Set(owners);
  return keys.filter((each) => gone.has(ownerOf(prefix, each) ?? ''));
}

export function indexChunk(chunks: KeyValueData['chunks'], conversationId: ConversationId, chunk: number): void {
  const own = chunks.get(conversationId) ?? new Set();
  chunks.set(conversationId, own.add(chunk));
}
