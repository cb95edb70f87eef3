import { TidemarkError } from '@tidemark/core';

/** Throws `invalid_input` with the option and its rule unless `isValid`. */
export function checkOption(isValid: boolean, field: string, rule: string): void {
  if (!isValid) throw new TidemarkError('invalid_input', rule, { field });
}

/** A day: timers of JavaScript end at 24 days, and fire at once beyond. */
export const LONGEST_MS = 86_400_000;

/** Of each option that is a whole number from 1: the default and the largest. */
type Bounds<K extends string> = Readonly<Record<K, readonly [byDefault: number, max: number]>>;

/** The options with their defaults; throws `invalid_input` with the first that is out of bounds. */
export function wholeNumbers<K extends string>(
  bounds: Bounds<K>,
  options: { readonly [Field in NoInfer<K>]?: number | undefined },
): Readonly<Record<K, number>> {
  const fields = Object.keys(bounds) as K[];
  const checked = fields.map((field) => {
    const [byDefault, max] = bounds[field];
    const value = options[field] ?? byDefault;
    checkOption(
      Number.isInteger(value) && value >= 1 && value <= max,
      field,
      `must be a whole number from 1 to ${max}`,
    );
    return [field, value];
  });
  return Object.fromEntries(checked) as Record<K, number>;
}
