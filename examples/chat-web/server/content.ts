import { z } from 'zod';

/** What may be sent here: plain text, and a kind of this application's own. */
export const content = {
  text: z.object({ text: z.string().trim().min(1).max(8000) }),
  order: z.object({
    orderId: z.string().min(1).max(40),
    item: z.string().min(1).max(120),
    quantity: z.number().int().min(1).max(999),
    /** For all of them, in euros. */
    total: z.number().nonnegative(),
  }),
};

export type Kinds = { [Kind in keyof typeof content]: z.infer<(typeof content)[Kind]> };
