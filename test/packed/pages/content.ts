import { z } from 'zod';

export const content = {
  text: z.object({ text: z.string().min(1).max(8000) }),
  order: z.object({ orderId: z.string(), total: z.number() }),
  image: z.object({ caption: z.string(), urls: z.array(z.string()) }),
};
