import type { CommandId, Content, ContentMap, ConversationId, JsonValue } from '@tidemark/core';
import { throwIfAborted, whenAborted } from '../abort-signal.ts';
import type { Draft, DraftAttachment } from '../local-store/local-store.ts';

/**
 * How what is attached to a message gets to where it is kept, before the message is sent. `S`: what `send` is given for an
 * attachment, as JSON, because it has to outlive the tab: the key of a blob in IndexedDB or OPFS, a path, a URL. `R`: what
 * comes of its upload, as JSON.
 */
export interface AttachmentHooks<CIn, S extends JsonValue, R extends JsonValue> {
  /**
   * Uploads one attachment. With several tabs it runs in the one that leads, which need not be the one that called `send`.
   * Tried again with back-off when it rejects, unless with a TidemarkError whose policy is `give-up`: then the message has
   * failed. It may be called again for what it has uploaded already, when the client was closed before it could note it:
   * `clientMessageId` and `index` name the attachment.
   */
  upload(source: S, context: UploadContext): Promise<R>;
  /** The message that is sent, of the message given to `send` and the results, in the order of the attachments. */
  complete(message: Content<CIn>, uploads: readonly R[]): Content<CIn>;
}

export interface UploadContext {
  /** Aborts when the message is discarded, the client closes, or another tab takes over. */
  readonly signal: AbortSignal;
  /** From 0 to 1. Shown in the item of the messages view. */
  onProgress(fraction: number): void;
  readonly clientMessageId: CommandId;
  readonly conversationId: ConversationId;
  readonly index: number;
}

export type AnyAttachmentHooks = AttachmentHooks<ContentMap, JsonValue, JsonValue>;

/** An attachment of a message that is not stored yet. */
export interface UploadingAttachment {
  readonly source: JsonValue;
  /** From 0 to 1; 1 when it is uploaded. */
  readonly progress: number;
}

export interface UploadRun {
  readonly signal: AbortSignal;
  onProgress(index: number, fraction: number): void;
  /** Resolves when the result is in the local store. */
  keep(attachments: readonly DraftAttachment[]): Promise<void>;
}

/** Uploads what is not uploaded yet, one attachment after the other. Gives the results of all; rejects at the first failure. */
export async function uploadAttachments(draft: Draft, hooks: AnyAttachmentHooks, run: UploadRun): Promise<JsonValue[]> {
  const { clientMessageId, conversationId, attachments = [] } = draft;
  const done = [...attachments];
  for (const [index, { source, uploaded }] of attachments.entries()) {
    if (uploaded !== undefined) continue;
    let isOver = false;
    const onProgress = (fraction: number): void => {
      if (!isOver && !run.signal.aborted && fraction >= 0) run.onProgress(index, Math.min(fraction, 1));
    };
    try {
      throwIfAborted(run.signal);
      const context = { signal: run.signal, onProgress, clientMessageId, conversationId, index };
      const result = await Promise.race([hooks.upload(source, context), aborted(run.signal)]);
      // As it will be read back: a result that is not JSON shows now and not after a restart.
      done[index] = { source, uploaded: JSON.parse(JSON.stringify(result ?? null)) as JsonValue };
    } finally {
      isOver = true;
    }
    await run.keep([...done]);
  }
  return done.map(({ uploaded }) => uploaded ?? null);
}

/** For a hook that does not look at its signal. */
async function aborted(signal: AbortSignal): Promise<void> {
  await whenAborted(signal);
  throwIfAborted(signal);
}
