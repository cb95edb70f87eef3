import { TidemarkError } from '@tidemark/core';

/** What an input in superjson's form may ask to be built. Options `limits` of `guardTransformer`, and of `createMessaging`. */
export interface InputLimits {
  /** Bytes of an input as JSON, once it is built. */
  readonly inputBytes: number;
  /** Annotations of one input. */
  readonly inputAnnotations: number;
  /** References of one input to values that stand elsewhere in it. */
  readonly inputReferences: number;
  /** Entries of each set, map or typed array of an input, and characters of a bigint. */
  readonly inputEntries: number;
}

/** Kinds of values that are built only where the application allows them. */
export type RareInputType = 'Error' | 'regexp' | 'symbol' | 'class' | 'custom' | 'typed-array';

/** Segments of the path to a value: deeper content is refused in any case. */
const MAX_DEPTH = 128;
const URL_LENGTH = 8_192;

/** Payload of superjson: JSON, and annotations of what it stood for. */
export interface Annotated {
  readonly json: unknown;
  readonly meta: Record<string, unknown>;
}

export function isAnnotated(raw: unknown): raw is Annotated {
  return isRecord(raw) && 'json' in raw && isRecord(raw['meta']);
}

/**
 * Refuses annotations that cost more than they weigh before anything is built from them: a typed array of
 * `{"length":3e8}`, a set of thousands that each reference walks through, a reference to a reference to a reference.
 * Returns whether there are references, by which a value may be larger than its text.
 */
export function checkAnnotations(
  { json, meta }: Annotated,
  limits: InputLimits,
  allowed: ReadonlySet<RareInputType>,
): { hasReferences: boolean } {
  const isLegacy = !(typeof meta['v'] === 'number' && meta['v'] >= 1);
  checkValues(meta['values'], json, limits, allowed, isLegacy);
  const references = referencesOf(meta['referentialEqualities'], limits.inputReferences);
  for (const path of references) pathOf(path, isLegacy);
  return { hasReferences: references.length > 0 };
}

/** The tree of annotations: a leaf or an inner node is an array with a type, and anything between is an object by path. */
function checkValues(
  tree: unknown,
  json: unknown,
  limits: InputLimits,
  allowed: ReadonlySet<RareInputType>,
  isLegacy: boolean,
): void {
  if (tree === undefined) return;
  const waiting: { tree: unknown; at: unknown; depth: number }[] = [{ tree, at: json, depth: 0 }];
  let count = 0;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    count += 1;
    if (count > limits.inputAnnotations) throw tooMany('inputAnnotations', limits.inputAnnotations, 'annotations');
    const children = Array.isArray(next.tree) ? next.tree[1] : next.tree;
    if (Array.isArray(next.tree)) checkType(next.tree[0], next.at, limits, allowed);
    if (children === undefined) continue;
    if (!isRecord(children)) throw invalid('must be a tree of annotations');
    for (const key of Object.keys(children)) {
      const path = pathOf(key, isLegacy);
      const depth = next.depth + path.length;
      if (depth > MAX_DEPTH) throw invalid(`must be at most ${MAX_DEPTH} levels deep`);
      if (count + waiting.length >= limits.inputAnnotations) {
        throw tooMany('inputAnnotations', limits.inputAnnotations, 'annotations');
      }
      waiting.push({ tree: children[key], at: valueAt(next.at, path), depth });
    }
  }
}

function checkType(type: unknown, value: unknown, limits: InputLimits, allowed: ReadonlySet<RareInputType>): void {
  const name: unknown = Array.isArray(type) ? type[0] : type;
  const fits = typeof name === 'string' && Object.hasOwn(COMMON, name) ? COMMON[name] : undefined;
  if (fits && !Array.isArray(type)) {
    if (!fits(value, limits.inputEntries))
      throw invalid(`has a value that is no ${String(name)}, or too large for one`);
    return;
  }
  if (!allowed.has(name as RareInputType)) {
    throw invalid(`has the annotation ${describe(name)}, which is not allowed here`);
  }
  // What claims a length without having it would be believed.
  if (name === 'typed-array' && !isShortArray(value, limits.inputEntries)) {
    throw invalid('has a value that is no typed-array, or too large for one');
  }
}

/** Types that are built by default, and what their JSON has to be. */
const COMMON: Record<string, (value: unknown, maxEntries: number) => boolean> = {
  undefined: () => true,
  number: (value) => isShortText(value, 32),
  Date: (value) => isShortText(value, 64),
  URL: (value) => isShortText(value, URL_LENGTH),
  bigint: (value, maxEntries) => isShortText(value, maxEntries),
  set: isShortArray,
  map: (value, maxEntries) =>
    isShortArray(value, maxEntries) && value.every((entry) => Array.isArray(entry) && entry.length === 2),
};

/** `[rootPaths, others]` or others alone: an object of paths by path. */
function referencesOf(equalities: unknown, max: number): string[] {
  if (equalities === undefined) return [];
  const [root, others] = Array.isArray(equalities) ? (equalities as unknown[]) : [[], equalities];
  const lists: unknown[] = [root];
  const paths: unknown[] = [];
  if (isRecord(others)) {
    const keys = Object.keys(others);
    if (keys.length > max) throw tooMany('inputReferences', max, 'references');
    for (const key of keys) {
      lists.push(others[key]);
      pathOf(key, false);
    }
  } else if (others !== undefined) throw invalid('must be an object of references');
  for (const list of lists) {
    if (!Array.isArray(list)) throw invalid('must be lists of references');
    if (paths.length + list.length > max) throw tooMany('inputReferences', max, 'references');
    paths.push(...list);
  }
  if (!paths.every((path) => typeof path === 'string')) throw invalid('must be lists of paths');
  return paths;
}

/** Segments of a path. A dot in a key is escaped, and so is a backslash unless the client is an old one. */
function pathOf(text: string, isLegacy: boolean): string[] {
  const segments: string[] = [];
  let segment = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === '\\' && (next === '.' || (next === '\\' && !isLegacy))) {
      segment += next;
      at += 1;
    } else if (character === '.') {
      segments.push(segment);
      if (segments.length >= MAX_DEPTH) throw invalid(`must be at most ${MAX_DEPTH} levels deep`);
      segment = '';
    } else segment += character;
  }
  segments.push(segment);
  return segments;
}

/** `undefined` where there is nothing: no type but `undefined` fits that. */
function valueAt(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

function isShortText(value: unknown, maxLength: number): boolean {
  return typeof value === 'string' && value.length <= maxLength;
}

function isShortArray(value: unknown, maxLength: number): value is unknown[] {
  return Array.isArray(value) && value.length <= maxLength;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 32)) : 'of no known form';
}

function tooMany(option: keyof InputLimits, max: number, what: string): TidemarkError {
  const limit = `limits.${option}`;
  return new TidemarkError('invalid_input', `at most ${max} ${what} in one input (${limit})`, {
    field: 'input',
    limit,
  });
}

function invalid(rule: string): TidemarkError {
  return new TidemarkError('invalid_input', rule, { field: 'input' });
}
