import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from './json-requests.ts';
import { type ChatLimits, LimitReached } from './limits.ts';
import { makePrivateFolder, OWNER_ONLY } from './private-files.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What a message says of its file; see `fileRef` of @tidemark/content. */
export interface Uploaded {
  readonly ref: string;
  readonly size: number;
  readonly mime: string;
  readonly sha256: string;
}

export interface Uploads {
  /** Keeps the body of the request. Throws {@link LimitReached}, and keeps nothing then. */
  add(request: IncomingMessage, userId: string): Promise<Uploaded>;
  /** Answers with the file, or throws a {@link Refusal}. */
  serve(ref: string, response: ServerResponse): Promise<void>;
  /** Of a message that was taken back. One that is not there is gone already. */
  remove(ref: string): Promise<void>;
}

/** Pictures that a page may show, by what they begin with: a name or a header may say anything. */
const PICTURES: readonly { readonly mime: string; readonly isOne: (start: Buffer) => boolean }[] = [
  { mime: 'image/png', isOne: (start) => start.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n' },
  { mime: 'image/jpeg', isOne: (start) => start.toString('latin1', 0, 3) === '\xff\xd8\xff' },
  { mime: 'image/gif', isOne: (start) => /^GIF8[79]a/.test(start.toString('latin1', 0, 6)) },
  { mime: 'image/webp', isOne: (start) => /^RIFF.{4}WEBP/s.test(start.toString('latin1', 0, 12)) },
];
const OTHER = 'application/octet-stream';
const START_BYTES = 12;

/** 128 bits that nobody guesses, and what it may be shown as. */
const REF = /^[A-Za-z0-9_-]{22}\.(?:png|jpeg|gif|webp|bin)$/;

/**
 * Files of messages, in a folder of their own. Whoever is signed in and knows the ref gets the file: the ref stands in the message alone.
 * An application with finer rules asks here whether the caller may see that message.
 */
export function openUploads(folder: string, limits: ChatLimits): Uploads {
  makePrivateFolder(folder);
  const rate = new TokenBuckets(limits.uploads);
  let kept = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

  /** @param bytes of one file @param more of them that are not counted yet */
  function requireRoom(bytes: number, more: number): void {
    if (bytes > limits.uploadBytes) {
      throw new LimitReached('uploadBytes', `The file has more than ${limits.uploadBytes} bytes`);
    }
    if (kept + more > limits.allUploadBytes)
      throw new LimitReached('allUploadBytes', 'There is no room for more files');
  }

  /** Undefined for what is no ref, or of no file. */
  function find(ref: string): { readonly path: string; readonly size: number } | undefined {
    if (!REF.test(ref)) return undefined;
    const path = join(folder, ref);
    const found = statSync(path, { throwIfNoEntry: false });
    return found && { path, size: found.size };
  }

  return {
    add: async (request, userId) => {
      const wait = rate.take(userId);
      if (wait > 0) throw new LimitReached('uploads', 'Too many files. Try again in a moment', wait);
      const announced = Number(request.headers['content-length'] ?? 0);
      requireRoom(announced, announced);
      const name = randomBytes(16).toString('base64url');
      const part = join(folder, `${name}.part`);
      const hash = createHash('sha256');
      let start = Buffer.alloc(0);
      let size = 0;
      try {
        const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
        const checked = async function* () {
          for await (const chunk of body) {
            requireRoom(size + chunk.length, chunk.length);
            // Counted as they come: several files at once must not all see room.
            size += chunk.length;
            kept += chunk.length;
            hash.update(chunk);
            if (start.length < START_BYTES) start = Buffer.concat([start, chunk.subarray(0, START_BYTES)]);
            yield chunk;
          }
        };
        await pipeline(checked, createWriteStream(part, { flags: 'wx', mode: OWNER_ONLY.file }));
        if (size === 0) throw new Refusal(400, 'The file is empty.');
        const mime = PICTURES.find(({ isOne }) => isOne(start))?.mime ?? OTHER;
        const ref = `${name}.${mime === OTHER ? 'bin' : mime.slice('image/'.length)}`;
        await rename(part, join(folder, ref));
        return { ref, size, mime, sha256: hash.digest('hex') };
      } catch (error) {
        kept -= size;
        await rm(part, { force: true });
        throw error;
      }
    },
    serve: async (ref, response) => {
      const found = find(ref);
      if (!found) throw new Refusal(404, 'There is no such file.');
      const extension = ref.slice(ref.indexOf('.') + 1);
      const isPicture = extension !== 'bin';
      response.writeHead(200, {
        'content-type': isPicture ? `image/${extension}` : OTHER,
        'content-length': found.size,
        // A file that somebody opens by its address is never a page of this origin.
        'content-security-policy': "default-src 'none'; sandbox",
        'content-disposition': isPicture ? 'inline' : 'attachment',
        'cache-control': 'private, max-age=31536000, immutable',
      });
      await pipeline(createReadStream(found.path), response);
    },
    remove: async (ref) => {
      const found = find(ref);
      if (!found) return;
      kept -= found.size;
      await rm(found.path, { force: true });
    },
  };
}
