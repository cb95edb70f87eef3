import { attachmentUpload } from '@tidemark/client/attachments';
import { directConversationId, type JsonValue, systemClock, TidemarkError } from '@tidemark/core';
import { ManualClock } from '@tidemark/testkit/application';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type AttachmentHooks,
  createClient,
  DraftDiscardedError,
  type MessageItem,
  memoryLocalStore,
  type UploadContext,
} from '../src/index.ts';
import type { AppRouter } from './support/fake-router.ts';
import { ModelServer } from './support/model-server.ts';
import { until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (value: string) => ({ type: 'text', content: { text: value } });
const picture = { type: 'image', content: { caption: 'us' } };

type Hooks = AttachmentHooks<Record<string, { readonly [key: string]: JsonValue | undefined }>, JsonValue, JsonValue>;
type Upload = Hooks['upload']['one'];

/** Puts the results of the uploads into the content. */
const complete: Hooks['complete'] = (message, uploads) => ({
  type: message.type,
  content: { ...message.content, urls: uploads },
});

function start(server: ModelServer, upload: Upload | Hooks['upload'], store = memoryLocalStore(), clock = systemClock) {
  const client = createClient({
    trpc: server.port('alice'),
    userId: 'alice',
    contentTypes: ['text', 'image'],
    backoff: { baseMs: 2, capMs: 10 },
    store,
    attachments: { upload: typeof upload === 'function' ? attachmentUpload(upload) : upload, complete },
    clock,
  });
  client.start();
  const items = () => client.conversation(chat).messages.getSnapshot().items;
  const progress = (index = 0): number[] => {
    const item = items()[index];
    return item && item.status !== 'stored' ? item.attachments.map((each) => each.progress) : [];
  };
  return { client, items, progress, [Symbol.asyncDispose]: () => client.close() };
}

const urlOf = (source: JsonValue): JsonValue => ({ url: `https://files.example/${String(source)}` });

function contents(server: ModelServer): unknown[] {
  return server.messagesIn(chat).map((event) => event.message.content);
}

/** An upload that a test leads by hand. */
function handled() {
  const calls: { source: JsonValue; context: UploadContext; finish: () => void; fail: (error: Error) => void }[] = [];
  const upload: Upload = (source, context) =>
    new Promise((resolve, reject) => {
      calls.push({ source, context, finish: () => resolve(urlOf(source)), fail: reject });
    });
  const call = async (index: number) => {
    await until(() => calls.length > index);
    const found = calls[index];
    if (!found) throw new Error('no such call');
    return found;
  };
  return { calls, upload, call };
}

describe('a message with attachments', () => {
  it('shows their progress, and is sent with what came of them', async () => {
    const server = new ModelServer();
    const { upload, call } = handled();
    await using alice = start(server, upload);
    const { receipt, clientMessageId } = alice.client
      .direct('bob')
      .send(picture, { attachments: ['one.png', 'two.png'] });
    const first = await call(0);
    expect(first).toMatchObject({ source: 'one.png', context: { clientMessageId, conversationId: chat, index: 0 } });
    expect(alice.progress()).toEqual([0, 0]);
    first.context.onProgress(0.25);
    expect(alice.progress()).toEqual([0.25, 0]);
    first.finish();
    const second = await call(1);
    expect(alice.progress()).toEqual([1, 0]);
    first.context.onProgress(0.5);
    expect(alice.progress()).toEqual([1, 0]);
    expect(server.callsOf('send')).toEqual([]);
    second.finish();
    await receipt;
    expect(contents(server)).toEqual([{ caption: 'us', urls: [urlOf('one.png'), urlOf('two.png')] }]);
  });

  it('holds up those behind it in its conversation, and no other conversation', async () => {
    const server = new ModelServer();
    const { upload, call } = handled();
    await using alice = start(server, upload);
    const sends = [
      alice.client.direct('bob').send(picture, { attachments: ['one.png'] }),
      alice.client.direct('bob').send(text('behind')),
    ];
    await alice.client.direct('carol').send(text('elsewhere')).receipt;
    expect(contents(server)).toEqual([]);
    (await call(0)).finish();
    await Promise.all(sends.map(({ receipt }) => receipt));
    expect(contents(server)).toEqual([{ caption: 'us', urls: [urlOf('one.png')] }, { text: 'behind' }]);
  });

  it('survives a restart, and uploads only what was not uploaded', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    const before = handled();
    {
      await using alice = start(server, before.upload, store);
      alice.client.direct('bob').send(picture, { attachments: ['one.png', 'two.png'] });
      (await before.call(0)).finish();
      const { signal } = (await before.call(1)).context;
      await alice.client.close();
      expect(signal.aborted).toBe(true);
    }
    const after = handled();
    await using again = start(server, after.upload, store);
    const resumed = await after.call(0);
    expect(resumed.source).toBe('two.png');
    expect(again.progress()).toEqual([1, 0]);
    resumed.finish();
    await until(() => contents(server).length === 1);
    expect(contents(server)).toEqual([{ caption: 'us', urls: [urlOf('one.png'), urlOf('two.png')] }]);
    expect(after.calls).toHaveLength(1);
    await until(async () => expect((await store.load()).drafts).toEqual([]));
  });

  it('tries an upload again that failed for a passing reason', async () => {
    const server = new ModelServer();
    let attempts = 0;
    await using alice = start(server, async (source) => {
      attempts += 1;
      if (attempts < 4) throw new Error('the network is away');
      return urlOf(source);
    });
    await alice.client.direct('bob').send(picture, { attachments: ['one.png'] }).receipt;
    expect(attempts).toBe(4);
  });

  it('fails with an upload that was refused for good, and succeeds on retry with what was uploaded before', async () => {
    const server = new ModelServer();
    const uploaded: JsonValue[] = [];
    let isRefusing = true;
    await using alice = start(server, async (source) => {
      if (source === 'large.mov' && isRefusing) throw new TidemarkError('invalid_content', 'too large');
      uploaded.push(source);
      return urlOf(source);
    });
    const attachments = ['one.png', 'large.mov'];
    const { receipt, clientMessageId } = alice.client.direct('bob').send(picture, { attachments });
    await expect(receipt).rejects.toMatchObject({ code: 'invalid_content' });
    expect(alice.items()).toMatchObject([{ status: 'failed', error: { detail: 'too large' } }]);
    await alice.client.direct('bob').send(text('behind')).receipt;
    isRefusing = false;
    await alice.client.retry(clientMessageId);
    await until(() => contents(server).length === 2);
    expect(uploaded).toEqual(attachments);
  });

  it('is uploaded again when it stalls, and never cut while it tells progress', async () => {
    const server = new ModelServer();
    const clock = new ManualClock();
    const { upload, call, calls } = handled();
    await using alice = start(server, attachmentUpload(upload, { stalledAfterMs: 10_000 }), memoryLocalStore(), clock);
    const retried: unknown[] = [];
    alice.client.on('retrying', ({ what, error }) => retried.push([what, String(error)]));
    const { receipt } = alice.client.direct('bob').send(picture, { attachments: ['one.png'] });
    const first = await call(0);
    for (let tenth = 1; tenth <= 9; tenth += 1) {
      await clock.advance(9_000);
      first.context.onProgress(tenth / 10);
    }
    // The same again is no progress.
    await clock.advance(9_000);
    first.context.onProgress(0.9);
    expect(first.context.signal.aborted).toBe(false);
    await clock.advance(1_000);
    expect(first.context.signal.aborted).toBe(true);
    expect(retried).toEqual([['send', 'TidemarkError: outcome_unknown: no progress within 10000 ms (stalledAfterMs)']]);
    await clock.advance(10);
    (await call(1)).finish();
    await receipt;
    expect(calls).toHaveLength(2);
  });

  it('is given up on discard: its upload is aborted, also one that does not listen', async () => {
    const server = new ModelServer();
    const { upload, call, calls } = handled();
    await using alice = start(server, upload);
    const { receipt, clientMessageId } = alice.client.direct('bob').send(picture, { attachments: ['one.png'] });
    const { context, finish } = await call(0);
    const next = alice.client.direct('bob').send(text('next'));
    const given = expect(receipt).rejects.toBeInstanceOf(DraftDiscardedError);
    await alice.client.discard(clientMessageId);
    await given;
    expect(context.signal.aborted).toBe(true);
    await next.receipt;
    finish();
    await alice.client.direct('bob').send(text('last')).receipt;
    expect(contents(server)).toEqual([{ text: 'next' }, { text: 'last' }]);
    expect(calls).toHaveLength(1);
  });

  it('fails when the client has no hooks to upload it', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    {
      await using alice = start(server, () => new Promise(() => undefined), store);
      alice.client.direct('bob').send(picture, { attachments: ['one.png'] });
      await until(async () => (await store.load()).drafts.length === 1);
    }
    const without = createClient({ trpc: server.port('alice'), userId: 'alice', contentTypes: ['image'], store });
    const failed: unknown[] = [];
    without.on('failed', ({ error }) => failed.push(error.code));
    without.start();
    await until(() => expect(failed).toEqual(['invalid_input']));
    await without.close();
  });

  it('fails when the application’s function that completes it throws', async () => {
    const server = new ModelServer();
    const client = createClient({
      trpc: server.port('alice'),
      userId: 'alice',
      contentTypes: ['image'],
      attachments: {
        upload: attachmentUpload(async (source: string) => source),
        complete: () => {
          throw new RangeError('no room');
        },
      },
    });
    client.start();
    const { receipt } = client.direct('bob').send(picture, { attachments: ['one.png'] });
    await expect(receipt).rejects.toMatchObject({ code: 'invalid_content', cause: new RangeError('no room') });
    await client.close();
  });

  it('is typed: what is attached, and what is sent of it', () => {
    const trpc = createTRPCClient<AppRouter>({
      links: [
        () => () => {
          throw new Error('these tests call nobody');
        },
      ],
    });
    type Chat = TRPCClient<AppRouter>['chat'];
    const client = createClient({
      trpc: trpc.chat as Chat,
      userId: 'alice',
      contentTypes: ['text', 'order'],
      attachments: {
        upload: attachmentUpload(async (source: { blob: string }) => ({ total: source.blob.length })),
        complete: (message, uploads) => {
          expectTypeOf(uploads).toEqualTypeOf<readonly { total: number }[]>();
          expectTypeOf(message.type).toEqualTypeOf<'text' | 'order'>();
          return { type: 'order', content: { orderId: 'o-1', total: uploads[0]?.total ?? 0 } };
        },
      },
    });
    type Send = ReturnType<typeof client.direct>['send'];
    type Sources = NonNullable<NonNullable<Parameters<Send>[1]>['attachments']>;
    expectTypeOf<Sources>().toEqualTypeOf<readonly { blob: string }[]>();
    const plain = createClient({ trpc: trpc.chat as Chat, userId: 'alice', contentTypes: ['text'] });
    type Plain = NonNullable<NonNullable<Parameters<ReturnType<typeof plain.direct>['send']>[1]>['attachments']>;
    expectTypeOf<Plain>().toEqualTypeOf<readonly never[]>();
    type Draft = Exclude<MessageItem<{ text: { text: string } }, { text: { text: string } }>, { status: 'stored' }>;
    expectTypeOf<Draft['attachments'][number]['progress']>().toEqualTypeOf<number>();
    createClient({
      trpc: trpc.chat as Chat,
      userId: 'alice',
      contentTypes: ['text'],
      attachments: {
        upload: attachmentUpload(async (source: string) => source),
        // @ts-expect-error no kind of that name
        complete: () => ({ type: 'image', content: { url: 'x' } }),
      },
    });
  });
});
