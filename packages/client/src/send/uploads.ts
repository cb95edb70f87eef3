import type { Clock, CommandId, Content, ContentMap, ConversationId, JsonValue } from '@tidemark/core';
import type { Draft, DraftAttachment } from '../local-store/local-store.ts';

/**
 * How what is attached to a message gets to where it is kept, before the message is sent. `S`: what `send` is given for an
 * attachment, as JSON, because it has to outlive the tab: the key of a blob in IndexedDB or OPFS, a path, a URL. `R`: what
 * comes of its upload, as JSON.
 */
export interface AttachmentHooks<CIn, S extends JsonValue, R extends JsonValue> {
  /** Made by `attachmentUpload` of `@tidemark/client/attachments`. */
  readonly upload: AttachmentUpload<S, R>;
  /** The message that is sent, of the message given to `send` and the results, in the order of the attachments. */
  complete(message: Content<CIn>, uploads: readonly R[]): Content<CIn>;
}

export interface AttachmentUpload<S extends JsonValue, R extends JsonValue> {
  /** Uploads one. */
  one(source: S, context: UploadContext): Promise<R>;
  /** Uploads what is not uploaded yet of a draft, and gives the message that is sent. Rejects at the first failure. */
  prepare(
    draft: Draft,
    hooks: Pick<AttachmentHooks<ContentMap, S, R>, 'complete'>,
    run: UploadRun,
  ): Promise<Content<ContentMap>>;
}

export interface UploadContext {
  /** Aborts when the message is discarded, the upload has stalled, the client closes, or another tab takes over. */
  readonly signal: AbortSignal;
  /** From 0 to 1. Shown in the item of the messages view; whoever calls it is not taken for stalled. */
  onProgress(fraction: number): void;
  readonly clientMessageId: CommandId;
  readonly conversationId: ConversationId;
  readonly index: number;
}

/** An attachment of a message that is not stored yet. */
export interface UploadingAttachment {
  readonly source: JsonValue;
  /** From 0 to 1; 1 when it is uploaded. */
  readonly progress: number;
}

export interface UploadRun {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** As shown so far. */
  readonly progress: readonly number[];
  /** Shows the progress of all, here and in other tabs. */
  onProgress(progress: readonly number[]): void;
  /** Resolves when the results are in the local store. */
  keep(attachments: readonly DraftAttachment[]): Promise<void>;
}
