import { isBlank, standardContent } from '@tidemark/content';
import { z } from 'zod';

/** Something of it can be seen. The page doesn't send a blank line; the server takes none from anybody. */
const visible = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !isBlank(text), 'must hold something that can be seen');

/** What may be sent here: plain text, pictures and files, and a kind of this application's own. */
export const content = {
  text: z.object({ text: visible(8000) }),
  image: standardContent.image,
  file: standardContent.file,
  order: z.object({
    orderId: visible(40),
    item: visible(120),
    quantity: z.number().int().min(1).max(999),
    /** For all of them, in euros. */
    total: z.number().nonnegative(),
  }),
};

export type Kinds = { [Kind in keyof typeof content]: z.infer<(typeof content)[Kind]> };
