import { CONTENT_TYPE, isJsonObject, type JsonObject, parseConversationId, parseUserId } from '@tidemark/core';
import { z } from 'zod';
import { entityTrouble, textEntities } from './entities.ts';
import { fileRef } from './file-ref.ts';
import { idOf } from './id-of.ts';
import { isBlank } from './visible-text.ts';

/** UTF-16 code units. */
const TEXT_LENGTH = 8_000;
const CAPTION_LENGTH = 1_000;
const NAME_LENGTH = 120;
/** Loudness over a voice message, for drawing it. */
const WAVEFORM = 128;
/** Messages in one forward. */
const FORWARDED = 100;

/** One day: longer than any recording that is sent as a message. */
const durationMs = z.number().int().min(0).max(86_400_000);
const caption = visible(CAPTION_LENGTH).optional();

/** Text with what stretches of it are drawn as; see `entityTrouble` for the rules of `entities`. */
const text = z
  .strictObject({ text: visible(TEXT_LENGTH), entities: textEntities.optional() })
  .superRefine(({ text, entities }, context) => {
    const trouble = entities && entityTrouble(text, entities);
    if (trouble) context.addIssue({ code: 'custom', path: ['entities', ...trouble.path], message: trouble.rule });
  });

const image = z.strictObject({ file: ofMedia('image'), caption });
const video = z.strictObject({ file: ofMedia('video'), durationMs, caption });
const voice = z.strictObject({
  file: ofMedia('audio'),
  durationMs,
  /** Up to 128 values from 0 to 255, evenly over the duration. */
  waveform: z.array(z.number().int().min(0).max(255)).max(WAVEFORM).optional(),
});
const file = z.strictObject({ file: fileRef, caption });

const location = z.strictObject({
  /** Degrees, WGS 84. */
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: visible(NAME_LENGTH).optional(),
  address: visible(CAPTION_LENGTH).optional(),
});

/** Somebody whom the reader may want to write to. */
const card = z.strictObject({
  userId: idOf(parseUserId, 'user id'),
  name: visible(NAME_LENGTH),
  avatarRef: fileRef.shape.ref.optional(),
});

/** Messages of another conversation, as they were when they were forwarded. */
const forwarded = z.strictObject({
  title: visible(NAME_LENGTH).optional(),
  messages: z
    .array(
      z.strictObject({
        conversationId: idOf(parseConversationId, 'conversation id'),
        conversationSeq: z.number().int().min(1),
        senderId: idOf(parseUserId, 'user id'),
        /** ms since 1970. */
        at: z.number().int().min(0),
        type: z.string().regex(CONTENT_TYPE, 'must be the name of a content kind'),
        content: z.custom<JsonObject>(isJsonObject, 'must be a JSON object'),
      }),
    )
    .min(1)
    .max(FORWARDED),
});

/**
 * Content kinds that most chats have, for `createMessaging({ content: { ...standardContent, order } })`: an application takes those it
 * wants, and adds its own. Every one is strict: a key that it does not know is refused, and named.
 */
export const standardContent = { text, image, video, voice, file, location, card, forwarded };

/** Kind → shape: `StandardContent['image']`. */
export type StandardContent = { [Kind in keyof typeof standardContent]: z.infer<(typeof standardContent)[Kind]> };

/** Something of it can be seen. @param max UTF-16 code units */
function visible(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !isBlank(value), 'must hold something that can be seen');
}

/** A file of this kind of media. */
function ofMedia(media: 'image' | 'video' | 'audio') {
  return fileRef.refine(({ mime }) => mime.startsWith(`${media}/`), { path: ['mime'], message: `must be ${media}/…` });
}
