import { cutUp } from './key-value-pieces.ts';
import { getAll, getOne, type KeyValueStorage, removeAll, setAll } from './key-value-storage.ts';
import { LocalStoreError } from './local-store-error.ts';

/** Of several keys, that move together. */
export interface KeyChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/**
 * All or nothing over several keys, in a storage that knows only one: a write-ahead journal. All changes are written under
 * one key first; that single write is the commit. Then they are carried out, and the journal is removed. Whoever finds a
 * journal carries it out, once more if need be: it holds values, not steps.
 *
 * What a write that failed has left is not known. Before anything else is done, an uncommitted journal is removed, and a
 * committed one carried out.
 */
export interface KeyValueJournal {
  /** Carries out what a crash left. */
  recover(): Promise<void>;
  /** Resolves when the changes are sure. Rejects, and nothing was changed. One at a time. */
  commit(changes: KeyChanges): Promise<void>;
  /** Writes everything committed to its place. Called before each read and each commit. */
  apply(): Promise<void>;
}

/** @param prefix of its keys: `journal`, the commit, and `journal,<n>`, pieces of one too long for a single value. */
export function createKeyValueJournal(storage: KeyValueStorage, prefix: string): KeyValueJournal {
  const head = `${prefix}journal`;
  const piece = (index: number): string => `${head},${index}`;
  let pending: { readonly changes: KeyChanges; readonly pieces: number } | undefined;
  let doubtful = false;

  async function apply(): Promise<void> {
    if (doubtful) await storage.removeItem(head);
    doubtful = false;
    if (!pending) return;
    const { changes, pieces } = pending;
    await setAll(storage, changes.set);
    await removeAll(storage, changes.remove);
    await storage.removeItem(head);
    pending = undefined;
    await removeAll(storage, pieceKeys(pieces));
  }

  function pieceKeys(count: number): string[] {
    return Array.from({ length: count }, (_, index) => piece(index));
  }

  return {
    apply,
    recover: async () => {
      pending = undefined;
      doubtful = false;
      const found = await getOne(storage, head);
      if (found === null) return;
      pending = await readJournal(found);
      await apply();
    },
    commit: async ({ set, remove }) => {
      await apply();
      const text = JSON.stringify({ set: [...set], remove });
      const parts = cutUp(text);
      const pieces = parts.length;
      for (const [index, part] of parts.entries()) await storage.setItem(piece(index), part);
      doubtful = true;
      await storage.setItem(head, JSON.stringify(pieces === 0 ? { text } : { pieces }));
      doubtful = false;
      pending = { changes: { set, remove }, pieces };
    },
  };

  async function readJournal(found: string): Promise<NonNullable<typeof pending>> {
    try {
      const { text, pieces = 0 } = JSON.parse(found) as { text?: string; pieces?: number };
      const parts = await getAll(storage, pieceKeys(pieces));
      const whole = text ?? pieceKeys(pieces).map((key) => parts.get(key) ?? '');
      const { set, remove } = JSON.parse(typeof whole === 'string' ? whole : whole.join('')) as {
        set: [string, string][];
        remove: string[];
      };
      return { changes: { set: new Map(set), remove }, pieces };
    } catch (cause) {
      if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
      throw new LocalStoreError('corrupt', 'the journal of the local store cannot be read', { cause });
    }
  }
}
