import { type Cursor, type Epoch, type FeedItem, type Seq } from '@tidemark/core';
import type { AnyTRPCRouter } from '@trpc/server';
import type { SharedEntry } from './shared-entry.ts';
import { type Numbered } from './text-frame.ts';
/**
 * Turns feed items into the text of tRPC's WebSocket envelope, through the application's own transformer. A live entry is
 * serialised and encoded once for all recipients: with a stand-in for the seq, at which the text is cut; a recipient's
 * frame is the parts with their own seq between, put in when it is written. Stage 7.
 *
 * Keeps   what stock tRPC clients expect: `{"id":R,"result":{"type":"data","data":T({id,data}),"id":CURSOR}}`
 * Proved  test/subscription/entry-text.test.ts, test/wire/*
 */
export declare class FeedText {
    #private;
    constructor(router: AnyTRPCRouter, epoch: Epoch, random: () => number);
    item(envelope: string, item: FeedItem, cursor: Cursor): string;
    /** The whole frame with the text of that item, but for the digits of the seq. */
    entry(envelope: string, seq: Seq, entry: SharedEntry): Numbered;
}
/** The start of each text of one subscription. */
export declare function envelopeOf(request: {
    id: number | string | null;
    jsonrpc?: string | undefined;
}): string;
