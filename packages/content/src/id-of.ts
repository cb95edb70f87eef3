import { z } from 'zod';

/** An id, checked by its parser. @param what as an error names it: `user id` */
export function idOf(parse: (value: unknown) => unknown, what: string) {
  const isOne = (value: string): boolean => {
    try {
      parse(value);
      return true;
    } catch {
      return false;
    }
  };
  return z.string().refine(isOne, `must be a ${what}`);
}
