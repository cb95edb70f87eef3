import type { UploadContext } from '@tidemark/client';
import type { FileRef } from '@tidemark/content';
import { TidemarkError } from '@tidemark/core';
import { type KeptBlobs, keptBlobs } from './kept-blobs.ts';

/** Of a file that is not uploaded yet: where this device keeps it. */
export type Source = { readonly blob: string };
/** What the server says of a file that it has. */
type Received = Pick<FileRef, 'ref' | 'size' | 'mime' | 'sha256'>;
export type Uploaded = { readonly file: Received; readonly source: Source };

/** What is sent of a file before it is uploaded. */
export interface Outgoing {
  readonly type: 'image' | 'file';
  readonly file: FileRef;
  readonly source: Source;
}

/** Files of messages: to be uploaded, and to be shown. */
export interface Files {
  /** Keeps a file on this device, to be sent. Rejects with a sentence for whoever chose it. */
  take(file: File): Promise<Outgoing>;
  /** May be called again for what was uploaded, until `forget`: the page may close before the client has noted it. */
  upload(source: Source, context: Pick<UploadContext, 'signal' | 'onProgress'>): Promise<Uploaded>;
  /** The server has it, and the client has noted that. */
  forget(source: Source): void;
  /** The bytes, of this device or of the server. Rejects when neither has them. */
  read(of: Source | FileRef): Promise<Blob>;
  erase(): Promise<void>;
}

/** As much as the server takes; see `limits.uploadBytes`. */
const MAX_BYTES = 10 * 1024 * 1024;
const NO_REF = 'not-uploaded-yet';
const SHOWN: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** Blobs that were read, so that a list that is scrolled asks once. */
const MAX_READ = 64;

export function createFiles(userId: string, token: () => string, blobs: KeptBlobs = keptBlobs(userId)): Files {
  const read = new Map<string, Promise<Blob>>();

  async function fetchFile(ref: string): Promise<Blob> {
    const answer = await fetch(`/uploads/${ref}`, { headers: { authorization: `Bearer ${token()}` } });
    if (!answer.ok) throw new Error(`the file was answered with ${answer.status}`);
    return answer.blob();
  }

  return {
    take: async (file) => {
      if (file.size > MAX_BYTES) throw new Error(`${file.name} is larger than 10 MB.`);
      if (file.size === 0) throw new Error(`${file.name} is empty.`);
      const size = SHOWN.has(file.type) ? await sizeOf(file) : undefined;
      const described: FileRef = {
        ref: NO_REF,
        name: nameOf(file),
        size: file.size,
        mime: /^[a-z0-9][\w.+-]*\/[a-z0-9][\w.+-]*$/.test(file.type) ? file.type : 'application/octet-stream',
        ...size,
      };
      return { type: size ? 'image' : 'file', file: described, source: { blob: await blobs.put(file) } };
    },
    upload: async (source, { signal, onProgress }) => {
      const blob = await blobs.get(source.blob);
      if (!blob)
        throw new TidemarkError('invalid_content', 'the browser has removed the file', { field: 'attachments' });
      const file = await send(blob, token(), signal, onProgress);
      read.set(file.ref, Promise.resolve(blob));
      return { file, source };
    },
    forget: ({ blob }) => void blobs.remove(blob),
    read: async (of) => {
      if ('blob' in of) {
        const blob = await blobs.get(of.blob);
        if (!blob) throw new Error('the browser has removed the file');
        return blob;
      }
      const known = read.get(of.ref) ?? fetchFile(of.ref);
      read.delete(of.ref);
      read.set(of.ref, known);
      if (read.size > MAX_READ) read.delete(read.keys().next().value as string);
      known.catch(() => read.delete(of.ref));
      return known;
    },
    erase: async () => {
      read.clear();
      await blobs.erase();
    },
  };
}

/** The message with what the server says of its file; a picture is what its bytes are. */
export function withUploaded<F extends { readonly file: FileRef }>(content: F, { file }: Uploaded): F {
  const mime = file.mime.startsWith('image/') ? file.mime : content.file.mime;
  return { ...content, file: { ...content.file, ...file, mime } };
}

/** Undefined when the browser cannot draw it: then it is sent as a file. */
async function sizeOf(file: File): Promise<{ width: number; height: number } | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** Names from elsewhere may hold what a file's name must not. */
function nameOf({ name }: File): string {
  const clean = name.replace(/[/\\\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '_').slice(0, 255);
  return clean === '' || clean === '.' || clean === '..' ? 'file' : clean;
}

/** `fetch` does not tell how far an upload has come. */
function send(
  blob: Blob,
  token: string,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/uploads');
    request.setRequestHeader('authorization', `Bearer ${token}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onerror = () => reject(new Error('the server cannot be reached'));
    request.onabort = () => reject(new Error('the upload was ended'));
    request.onload = () => {
      const { status, response } = request;
      if (status === 200) resolve(response as Received);
      // Too large, or no room: another try would meet the same.
      else if (status === 413 || status === 507)
        reject(new TidemarkError('content_too_large', String(response?.error)));
      else reject(new Error(`the upload was answered with ${status}`));
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(blob);
  });
}
