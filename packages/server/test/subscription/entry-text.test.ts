import {
  type Cursor,
  type Epoch,
  type Event,
  type FeedItem,
  fingerprintOf,
  formatCursor,
  type JsonObject,
  type Seq,
} from '@tidemark/core';
import { conversationBuilder, hostileContent } from '@tidemark/testkit';
import { type AnyTRPCRouter, initTRPC, type TRPCCombinedDataTransformer, tracked } from '@trpc/server';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { envelopeOf, FeedText } from '../../src/subscription/entry-text.ts';
import type { SharedEntry } from '../../src/subscription/shared-entry.ts';
import { fillTemplate } from '../../src/subscription/text-frame.ts';
import { eventually } from '../support/eventually.ts';
import { openRawSocket } from '../support/raw-trpc-socket.ts';

const epoch = 'epoch1' as Epoch;
/** What FeedText stands in for a seq when `random` gives 0.5. */
const STAND_IN = '8500000000000000';

interface Sent {
  readonly cursor: Cursor;
  readonly item: FeedItem;
}

/** A router whose feed sends these items, and FeedText for it. */
function routerOf(transformer: TRPCCombinedDataTransformer | undefined, sent: readonly Sent[]) {
  const t = transformer ? initTRPC.create({ transformer }) : initTRPC.create();
  const router: AnyTRPCRouter = t.router({
    feed: t.procedure.subscription(async function* () {
      for (const { cursor, item } of sent) yield tracked(cursor, item);
    }),
  });
  return { router, text: new FeedText(router, epoch, () => 0.5) };
}

/** What tRPC's own handler sends for them. */
async function stockTexts(
  router: AnyTRPCRouter,
  count: number,
  id: number | string,
  jsonrpc?: string,
): Promise<string[]> {
  await using raw = await openRawSocket(router);
  const input: unknown = router._def._config.transformer.input.serialize(undefined);
  const request = { id, method: 'subscription', params: { path: 'feed', input }, ...(jsonrpc && { jsonrpc }) };
  raw.socket.send(JSON.stringify(request));
  const data = () => raw.texts.filter((text) => text.includes('"type":"data"'));
  await eventually('all texts', () => data().length === count);
  return data();
}

function entryOf(seq: number, event: Event): Sent {
  const item: FeedItem = { type: 'entries', entries: [{ seq: seq as Seq, event }] };
  return { cursor: formatCursor(epoch, seq, fingerprintOf(event)), item };
}

/** Equal once parsed, down to the order of keys: what no client can tell apart. */
function parsed(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

/** What a recipient reads behind the frame's header; text-frame.test.ts has headers read by `ws`. */
function entryText(text: FeedText, envelope: string, seq: Seq, entry: SharedEntry): string {
  const numbered = text.entry(envelope, seq, entry);
  const frame = Buffer.alloc(numbered.bytes.length);
  fillTemplate(numbered, seq, frame, 0);
  return frame.toString('utf8', frame[1] === 127 ? 10 : frame[1] === 126 ? 4 : 2);
}

/** superjson, and so stock tRPC with it, throws at these keys, as a guard against prototype pollution. */
function withoutRefusedKeys(value: JsonObject): JsonObject {
  const refused = new Set(['__proto__', 'constructor', 'prototype']);
  const text = JSON.stringify(value);
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).filter(([key]) => !refused.has(key)));
  }) as JsonObject;
}

const chat = conversationBuilder();
const contents: [string, JsonObject][] = [
  ['plain text', { text: 'hello' }],
  ['every hostile string', withoutRefusedKeys(hostileContent())],
  ['the digits that stand in for the seq', { text: `order ${STAND_IN}`, total: Number(STAND_IN) }],
  ['its own cursor', { text: `${epoch}:${STAND_IN}` }],
  ['what superjson marks', { json: { meta: {} }, meta: { values: {} }, absent: undefined }],
];
const events = contents.map(([what, content]) => [what, chat.message({ content })] as const);

const transformers: [string, TRPCCombinedDataTransformer | undefined][] = [
  ['no transformer', undefined],
  ['superjson', { input: superjson, output: superjson }],
  [
    'a transformer that wraps and renames',
    {
      input: { serialize: (value: unknown) => value, deserialize: (value: unknown) => value },
      output: { serialize: (value: unknown) => ({ v: 1, payload: [value] }), deserialize: (value: unknown) => value },
    },
  ],
];

describe.each(transformers)('with %s, the text of a live entry is what tRPC sends', (_, transformer) => {
  test.each(events)('when it holds %s', async (_what, event) => {
    const sent = [entryOf(7, event), entryOf(123_456, event)];
    const { router, text } = routerOf(transformer, sent);
    const stock = await stockTexts(router, 2, 5);
    const envelope = envelopeOf({ id: 5 });
    const shared: SharedEntry = { event };
    // Two recipients of one entry, each with a seq of their own.
    const attached = [7, 123_456].map((seq) => entryText(text, envelope, seq as Seq, shared));
    expect(attached.map(parsed)).toEqual(stock.map(parsed));
  });
});

describe.each(transformers)('with %s', (_, transformer) => {
  test('pages, resets and notices are what tRPC sends', async () => {
    const cursor = formatCursor(epoch, 9);
    const [first, second] = events;
    const page = [first, second].map((each, index) => ({ seq: (8 + index) as Seq, event: each?.[1] ?? null }));
    const items: FeedItem[] = [
      { type: 'reset', reason: 'floor', cursor },
      { type: 'entries', entries: [...page, { seq: 10 as Seq, event: null }] },
      { type: 'live', cursor },
    ];
    const sent = items.map((item) => ({ item, cursor }));
    const { router, text } = routerOf(transformer, sent);
    const stock = await stockTexts(router, 3, 1);
    expect(items.map((item) => parsed(text.item(envelopeOf({ id: 1 }), item, cursor)))).toEqual(stock.map(parsed));
  });
});

test.each([
  ['a string as id', 'a"b', undefined],
  ['JSON-RPC', 3, '2.0'],
])('the envelope of a request with %s is what tRPC sends', async (_, id, jsonrpc) => {
  const sent = [entryOf(1, chat.created)];
  const { router, text } = routerOf(undefined, sent);
  const [stock] = await stockTexts(router, 1, id, jsonrpc);
  const attached = entryText(text, envelopeOf({ id, jsonrpc }), 1 as Seq, { event: chat.created });
  expect(parsed(attached)).toBe(parsed(stock ?? ''));
});

test('recipients whose seqs have different numbers of digits, and whose requests have different ids, get their own', () => {
  const { text } = routerOf(undefined, []);
  const shared: SharedEntry = { event: chat.message({ content: { text: 'ü 漢 🌊' } }) };
  const own = ['a', 'ü', 'a'].flatMap((id) => [1, 99, 100, 123_456, 98].map((seq) => ({ id, seq: seq as Seq })));
  for (const { id, seq } of own) {
    const expected = text.item(envelopeOf({ id }), entryOf(seq, shared.event).item, entryOf(seq, shared.event).cursor);
    expect(entryText(text, envelopeOf({ id }), seq, shared)).toBe(expected);
  }
});

test('an entry is serialised once for all its recipients', () => {
  let serialised = 0;
  const counting: TRPCCombinedDataTransformer = {
    input: superjson,
    output: {
      serialize: (value) => {
        serialised += 1;
        return superjson.serialize(value);
      },
      deserialize: superjson.deserialize,
    },
  };
  const { text } = routerOf(counting, []);
  const shared: SharedEntry = { event: chat.created };
  for (let seq = 1; seq <= 100; seq++) text.entry(envelopeOf({ id: seq }), seq as Seq, shared);
  expect(serialised).toBe(1);
});
