import { type Clock, type Content, type ContentMap, type JsonValue, TidemarkError } from '@tidemark/core';
import { onAbort } from '../abort-signal.ts';
import type { AttachmentUpload, UploadRun } from './uploads.ts';

export interface AttachmentUploadOptions {
  /**
   * ms without progress after which an upload is aborted and tried again. Default 60,000.
   */
  readonly stalledAfterMs?: number;
}

/** Progress is shown, and told to other tabs, no more often. */
const PROGRESS_MS = 100;

/**
 * What a client needs to upload attachments: `createClient({ …, attachments: { upload: attachmentUpload(…), complete } })`.
 *
 * @param one uploads one attachment. With several tabs it runs in the one that leads, which need not be the one that called
 * `send`. Tried again with back-off when it rejects, unless with a TidemarkError whose policy is `give-up`: then the message has
 * failed. It may be called again for what it has uploaded already, when the client was closed before it could note it:
 * `clientMessageId` and `index` name the attachment.
 */
export function attachmentUpload<S extends JsonValue, R extends JsonValue>(
  one: AttachmentUpload<S, R>['one'],
  { stalledAfterMs = 60_000 }: AttachmentUploadOptions = {},
): AttachmentUpload<S, R> {
  return {
    one,
    // One after the other; each result is kept before the next begins.
    prepare: async ({ clientMessageId, conversationId, message, attachments = [] }, hooks, run) => {
      const done = [...attachments];
      const report = createReport(run);
      for (const [index, { source, uploaded }] of attachments.entries()) {
        if (uploaded !== undefined) continue;
        const result = await whileAlive(stalledAfterMs, run, (signal, extend) => {
          let last = -1;
          const onProgress = (fraction: number): void => {
            if (signal.aborted || !(fraction >= 0) || fraction === last) return;
            last = fraction;
            extend();
            report(index, Math.min(fraction, 1));
          };
          return one(source as S, { signal, onProgress, clientMessageId, conversationId, index });
        });
        // As it will be read back: a result that is not JSON shows now and not after a restart.
        done[index] = { source, uploaded: JSON.parse(JSON.stringify(result ?? null)) as JsonValue };
        await run.keep([...done]);
      }
      const uploads = done.map(({ uploaded }) => (uploaded ?? null) as R);
      return completed(() => hooks.complete(message, uploads));
    },
  };
}

/** What the application's own function throws will not go away by itself. */
function completed(complete: () => Content<ContentMap>): Content<ContentMap> {
  try {
    const { type, content } = complete();
    return { type, content };
  } catch (cause) {
    throw new TidemarkError('invalid_content', 'the attachments could not be put into it', { cause });
  }
}

/**
 * Rejects when `work` goes on for `ms` without calling `extend`, and when the run ends. Its signal aborts then, and when `work`
 * is done.
 */
async function whileAlive<T>(
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal, extend: () => void) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const release = onAbort(signal, () => over.abort());
  let since = clock.monotonic();
  const extend = (): void => {
    since = clock.monotonic();
  };
  async function expire(): Promise<never> {
    for (let left = ms; left > 0 && !over.signal.aborted; left = since + ms - clock.monotonic()) {
      await clock.sleep(left, over.signal);
    }
    const detail = signal.aborted ? 'given up' : `no progress within ${ms} ms (stalledAfterMs)`;
    throw new TidemarkError('outcome_unknown', detail);
  }
  const late = expire();
  late.catch(() => undefined);
  try {
    return await Promise.race([signal.aborted ? late : work(over.signal, extend), late]);
  } finally {
    release();
    over.abort();
  }
}

function createReport({ clock, progress, onProgress }: UploadRun) {
  const current = [...progress];
  let reportedAt = -Infinity;
  return (index: number, fraction: number): void => {
    current[index] = fraction;
    const now = clock.monotonic();
    if (now - reportedAt < PROGRESS_MS && fraction < 1) return;
    reportedAt = now;
    onProgress([...current]);
  };
}
