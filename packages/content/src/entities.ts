import { parseUserId } from '@tidemark/core';
import { z } from 'zod';
import { idOf } from './id-of.ts';

/** Entities of one text at most. */
const ENTITIES = 100;
const URL_LENGTH = 2_048;
const LINK_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** `offset` and `length` in UTF-16 code units, as `String.prototype.slice` counts. */
const range = { offset: z.number().int().min(0), length: z.number().int().min(1) };

const style = z.strictObject({
  type: z.enum(['bold', 'italic', 'underline', 'strike', 'spoiler', 'code', 'pre']),
  ...range,
});
const link = z.strictObject({
  type: z.literal('link'),
  ...range,
  url: z.string().max(URL_LENGTH).refine(isLink, 'must be a URL of http, https, mailto or tel'),
});
const mention = z.strictObject({ type: z.literal('mention'), ...range, userId: idOf(parseUserId, 'user id') });

/**
 * What a stretch of a text is drawn as. A `mention` here only says where a name stands: who is alerted is said by `mentions`
 * beside the content.
 */
export const textEntity = z.discriminatedUnion('type', [style, link, mention]);
export type TextEntity = z.infer<typeof textEntity>;

export const textEntities = z.array(textEntity).max(ENTITIES);

/** Why these cannot be the entities of the text: the path in `entities`, and the rule. Undefined when they can. */
export function entityTrouble(
  text: string,
  entities: readonly TextEntity[],
): { readonly path: readonly (string | number)[]; readonly rule: string } | undefined {
  /** Ends of the entities that the next one may lie in, the innermost last. */
  const open: number[] = [];
  let before: TextEntity | undefined;
  for (const [index, entity] of entities.entries()) {
    const end = entity.offset + entity.length;
    const at = (field: string, rule: string) => ({ path: [index, field], rule });
    if (end > text.length) return at('length', `must end within the text, which has ${text.length} UTF-16 code units`);
    if (isInPair(text, entity.offset)) return at('offset', 'must not split a character');
    if (isInPair(text, end)) return at('length', 'must not split a character');
    if (before && isBefore(entity, before)) return at('offset', 'must be in order: by offset, the longer first');
    while (open.length > 0 && (open.at(-1) as number) <= entity.offset) open.pop();
    if (open.length > 0 && (open.at(-1) as number) < end)
      return at('length', 'must lie within the entity that it begins in');
    open.push(end);
    before = entity;
  }
  return undefined;
}

function isBefore(one: TextEntity, other: TextEntity): boolean {
  return one.offset < other.offset || (one.offset === other.offset && one.length > other.length);
}

/** Whether the position is between the halves of a surrogate pair. */
function isInPair(text: string, position: number): boolean {
  const isHigh = /[\uD800-\uDBFF]/.test(text[position - 1] ?? '');
  return isHigh && /[\uDC00-\uDFFF]/.test(text[position] ?? '');
}

function isLink(url: string): boolean {
  return URL.canParse(url) && LINK_SCHEMES.has(new URL(url).protocol);
}
