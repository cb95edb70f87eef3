import {
  type Cursor,
  type Epoch,
  type Event,
  type FeedItem,
  fingerprintOf,
  formatCursor,
  type Seq,
} from '@tidemark/core';
import type { AnyTRPCRouter } from '@trpc/server';
import type { EncodedEntry, EntryText, SharedEntry } from './shared-entry.ts';
import { type FrameTemplate, frameTemplate, textFrame, textTemplate } from './text-frame.ts';

/**
 * Turns feed items into the text of tRPC's WebSocket envelope, through the application's own transformer. A live entry is
 * serialised and encoded once for all recipients: with a stand-in for the seq, at which the text is cut; a recipient's
 * frame is the parts with their own seq between, put in when it is written. Stage 7.
 *
 * Keeps   what stock tRPC clients expect: `{"id":R,"result":{"type":"data","data":T({id,data}),"id":CURSOR}}`
 * Proved  test/subscription/entry-text.test.ts, test/wire/*
 */
export class FeedText {
  readonly #config: AnyTRPCRouter['_def']['_config'];
  readonly #epoch: Epoch;
  readonly #standIn: number;

  constructor(router: AnyTRPCRouter, epoch: Epoch, random: () => number) {
    this.#config = router._def._config;
    this.#epoch = epoch;
    // Sixteen digits, unguessable, so that no content holds them; were it there, the text would not be cut but made anew.
    this.#standIn = 8e15 + Math.floor(random() * 1e15);
  }

  item(envelope: string, item: FeedItem, cursor: Cursor): string {
    return `${envelope}${this.#body(item, cursor)},"id":${JSON.stringify(cursor)}}}`;
  }

  /** The whole frame with the text of that item, but for the digits of the seq. */
  entry(envelope: string, seq: Seq, entry: SharedEntry): FrameTemplate {
    entry.text ??= this.#cut(entry.event);
    const { parts, encoded } = entry.text;
    if (parts.length !== 4) return textFrame(this.#entryItem(envelope, seq, entry.event));
    const { length } = String(seq);
    encoded[length] ??= { text: textTemplate(parts, length), frames: new Map() };
    const { text, frames } = encoded[length] as EncodedEntry;
    let frame = frames.get(envelope);
    if (!frame) {
      frame = frameTemplate(envelope, text);
      frames.set(envelope, frame);
    }
    return frame;
  }

  #entryItem(envelope: string, seq: Seq, event: Event): string {
    return this.item(
      envelope,
      { type: 'entries', entries: [{ seq, event }] },
      formatCursor(this.#epoch, seq, fingerprintOf(event)),
    );
  }

  #cut(event: Event): EntryText {
    const seq = this.#standIn as Seq;
    return { parts: this.#entryItem('', seq, event).split(String(seq)), encoded: [] };
  }

  #body(data: FeedItem, id: Cursor): string {
    return JSON.stringify(this.#config.transformer.output.serialize({ id, data }));
  }
}

/** The start of each text of one subscription. */
export function envelopeOf(request: { id: number | string | null; jsonrpc?: string | undefined }): string {
  const jsonrpc = request.jsonrpc === undefined ? '' : `"jsonrpc":${JSON.stringify(request.jsonrpc)},`;
  return `{"id":${JSON.stringify(request.id)},${jsonrpc}"result":{"type":"data","data":`;
}
