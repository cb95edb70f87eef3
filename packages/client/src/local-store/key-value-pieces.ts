import { getAll, type KeyValueStorage } from './key-value-storage.ts';

/** Characters in one value, at most three bytes each: Android's AsyncStorage cannot read a value of more than 2 MB. */
export const PIECE = 200_000;

/** Begins a value that stands in pieces, and that no JSON begins with. */
const MARK = '#';

/**
 * A value of any length under keys that each hold at most 200,000 characters: under the key itself stands how many pieces
 * there are, and piece n under `p,<n>,<key>`. Several keys are written, so this is for changes that go through the journal.
 *
 * @param prefix that of all keys; those of pieces begin with it too
 * @param known how many pieces each key had; kept up to date
 */
export function inPieces(
  changes: { readonly set: ReadonlyMap<string, string>; readonly remove: readonly string[] },
  prefix: string,
  known: Map<string, number>,
): { readonly set: Map<string, string>; readonly remove: string[] } {
  const set = new Map<string, string>();
  const remove = [...changes.remove];
  const drop = (key: string, from: number): void => {
    for (let index = from; index < (known.get(key) ?? 0); index += 1) remove.push(pieceKey(prefix, key, index));
  };
  for (const [key, value] of changes.set) {
    const pieces = cutUp(value);
    for (const [index, piece] of pieces.entries()) set.set(pieceKey(prefix, key, index), piece);
    set.set(key, pieces.length === 0 ? value : `${MARK}${pieces.length}`);
    drop(key, pieces.length);
    note(known, key, pieces.length);
  }
  for (const key of changes.remove) {
    drop(key, 0);
    note(known, key, 0);
  }
  return { set, remove };
}

/** A text that is too long for one value, in pieces; none of one that is not. No pair of surrogates is cut: half of one is no UTF-8. */
export function cutUp(text: string): string[] {
  const pieces: string[] = [];
  if (text.length <= PIECE) return pieces;
  for (let from = 0; from < text.length; ) {
    const end = from + PIECE;
    const last = text.charCodeAt(end - 1);
    const to = end < text.length && last >= 0xd800 && last < 0xdc00 ? end - 1 : end;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

/** Values put together again. A piece that is missing leaves a text that is no JSON. */
export async function getWhole(
  storage: KeyValueStorage,
  prefix: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const found = new Map(await getAll(storage, keys));
  for (const [key, value] of found) {
    if (!value?.startsWith(MARK)) continue;
    const pieces = Array.from({ length: Number(value.slice(MARK.length)) }, (_, index) => pieceKey(prefix, key, index));
    const parts = await getAll(storage, pieces);
    found.set(key, pieces.map((each) => parts.get(each) ?? '').join(''));
  }
  return found;
}

/** The key that a piece belongs to; `undefined` of another key. */
export function ownerOf(prefix: string, key: string): string | undefined {
  const [, owner] = key.startsWith(`${prefix}p,`) ? (/^p,\d+,(.*)$/s.exec(key.slice(prefix.length)) ?? []) : [];
  return owner === undefined ? undefined : prefix + owner;
}

function pieceKey(prefix: string, key: string, index: number): string {
  return `${prefix}p,${index},${key.slice(prefix.length)}`;
}

function note(known: Map<string, number>, key: string, pieces: number): void {
  if (pieces === 0) known.delete(key);
  else known.set(key, pieces);
}
