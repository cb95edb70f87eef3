import { z } from 'zod';

const NAME_LENGTH = 255;
/**
 * An upload's key, such as `2026/11/4f…/photo.jpg`: what the application makes a URL from when somebody looks. Random ids are
 * base64url as a rule, so it may begin with any of these but what means another folder: no part between slashes is empty, `.`
 * or `..`.
 */
const REF = /^(?!.*\/\/)(?!(?:.*\/)?\.{1,2}(?:\/|$))[A-Za-z0-9._~+=@-][A-Za-z0-9._~+=@/-]{0,511}$/;
const MIME = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** See https://github.com/woltapp/blurhash/blob/master/Algorithm.md. */
const BLURHASH = /^[0-9A-Za-z#$%*+,\-.:;=?@[\]^_{|}~]{6,100}$/;

const ref = z
  .string()
  .regex(
    REF,
    'must be the key of an upload: 1 to 512 of A-Z a-z 0-9 . _ ~ + = @ / -, no URL and no path out of its folder',
  );
const side = z.number().int().min(1).max(100_000);

/**
 * A file that was uploaded before the message was sent. `ref` names it for good: a URL that expires has no place in a stored
 * message, so whoever shows the file asks the application for one.
 */
export const fileRef = z.strictObject({
  ref,
  /** As the sender's device had it; 1–255 characters, no path. */
  name: z.string().min(1).max(NAME_LENGTH).refine(isName, 'must be the name of a file, without a path'),
  /** Bytes. */
  size: z.number().int().min(0),
  mime: z.string().regex(MIME, 'must be a media type in lower case, such as image/jpeg, without parameters'),
  /** Of its bytes, 64 digits in lower case. */
  sha256: z.string().regex(SHA256, 'must be 64 hexadecimal digits in lower case').optional(),
  /** Pixels. */
  width: side.optional(),
  height: side.optional(),
  /** A small picture of it, uploaded beside it. */
  thumbRef: ref.optional(),
  /** What is shown until that is there. */
  blurhash: z.string().regex(BLURHASH, 'must be a BlurHash of 6 to 100 characters').optional(),
});
export type FileRef = z.infer<typeof fileRef>;

/** No separators, and nothing that a file system or a download dialog would take for something else. */
function isName(name: string): boolean {
  return !/[/\\\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(name) && name !== '.' && name !== '..';
}
