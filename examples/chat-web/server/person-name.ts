/** Characters of a name, as people count them. */
const MAX_NAME_LENGTH = 60;

export const NAME_RULE = `A name has 1 to ${MAX_NAME_LENGTH} characters: letters and digits of any script, spaces, and . ’ ' -`;

/**
 * Nothing that can't be seen, or turns the direction of what follows. Letters such as the Hangul filler can't be seen either.
 * Up to three marks above or below a letter: more of them are a tower over other people's lines.
 */
const ALLOWED = /^(?:[\p{L}\p{N}.’' -]\p{M}{0,3})+$/u;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** A name as it is kept, however it was typed; undefined for what is none. Nothing is cut off or left out to make it one. */
export function parseName(text: string): string | undefined {
  const name = text.normalize('NFC').trim().replace(/ +/g, ' ');
  if ([...name].length > MAX_NAME_LENGTH) return undefined;
  return ALLOWED.test(name) && !INVISIBLE.test(name) && LETTER_OR_DIGIT.test(name) ? name : undefined;
}

/** `Zoë Müller` → `zoe-muller`; letters outside ASCII that have no simpler form are written as their code. */
export function idOfName(name: string): string {
  return [...name.normalize('NFKD').toLowerCase()]
    .filter((sign) => !/\p{M}/u.test(sign))
    .map((sign) =>
      /[a-z0-9]/.test(sign) ? sign : LETTER_OR_DIGIT.test(sign) ? (sign.codePointAt(0)?.toString(36) ?? '') : '-',
    )
    .join('')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
}
