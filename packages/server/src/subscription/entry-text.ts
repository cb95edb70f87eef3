import { type Cursor, type Epoch, type Event, type FeedItem, formatCursor, type Seq } from '@tidemark/core';
import { type AnyTRPCRouter, transformTRPCResponse } from '@trpc/server';
import type { EntryText, SharedEntry } from './shared-entry.ts';

/**
 * Turns feed items into the text of tRPC's WebSocket envelope, through the application's own transformer. A live entry is
 * serialised once for all recipients: with a stand-in for the seq, at which the text is cut; a recipient's text is
 * the parts with their own seq between. Stage 7.
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

  entry(envelope: string, seq: Seq, entry: SharedEntry): string {
    entry.text ??= this.#cut(entry.event);
    const cursor = formatCursor(this.#epoch, seq);
    const { parts } = entry.text;
    if (parts.length !== 3)
      return this.item(envelope, { type: 'entries', entries: [{ seq, event: entry.event }] }, cursor);
    return `${envelope}${parts[0]}${seq}${parts[1]}${seq}${parts[2]},"id":"${cursor}"}}`;
  }

  #cut(event: Event): EntryText {
    const seq = this.#standIn as Seq;
    const body = this.#body({ type: 'entries', entries: [{ seq, event }] }, formatCursor(this.#epoch, seq));
    return { parts: body.split(String(seq)) };
  }

  #body(data: FeedItem, id: Cursor): string {
    const response = transformTRPCResponse(this.#config, { id: null, result: { type: 'data', data: { id, data } } });
    return JSON.stringify((response as { result: { data: unknown } }).result.data);
  }
}

/** The start of each text of one subscription. */
export function envelopeOf(request: { id: number | string | null; jsonrpc?: string | undefined }): string {
  const jsonrpc = request.jsonrpc === undefined ? '' : `"jsonrpc":${JSON.stringify(request.jsonrpc)},`;
  return `{"id":${JSON.stringify(request.id)},${jsonrpc}"result":{"type":"data","data":`;
}
