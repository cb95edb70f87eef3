import { z } from 'zod';
import type { PinChanged, SetPin } from '../features/pins.ts';
import type { Pin } from '../message.ts';
import {
  commandHead,
  commandId,
  conversationId,
  conversationSeq,
  eventHead,
  type SchemaOf,
  target,
  userId,
} from './shapes.ts';

export const pinInput = z.strictObject({
  conversationId,
  target,
  on: z.boolean().optional(),
  commandId: commandId.optional(),
});

export const pin = z.object({ seq: conversationSeq, by: userId }) satisfies SchemaOf<Pin>;

export const pinChanged = z.object({
  type: z.literal('pin.changed'),
  ...eventHead.shape,
  targetSeq: conversationSeq,
  on: z.boolean(),
  pins: z.array(pin),
}) satisfies SchemaOf<PinChanged>;

export const setPin = z.object({
  type: z.literal('pin.set'),
  ...commandHead.shape,
  target,
  on: z.boolean(),
}) satisfies SchemaOf<SetPin>;
