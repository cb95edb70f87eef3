import type { CommandId, Content, ContentMap, TidemarkError, UnknownContent } from '@tidemark/core';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { describe, expectTypeOf, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type AnyMessagingTrpc,
  type ClientOptions,
  type ContentIn,
  type ContentOut,
  createClient,
  createConnection,
  type DraftDiscardedError,
  type MessageItem,
  type MessagingTrpc,
} from '../src/index.ts';
import { type AppRouter, chatProcedures, type KindsIn, type KindsOut } from './support/fake-router.ts';

// The calls below are for the compiler; they run, and do nothing that needs a server.
const connection = createConnection({ url: 'ws://127.0.0.1:9', WebSocket });
type Chat = TRPCClient<AppRouter>['chat'];
const trpc = createTRPCClient<AppRouter>({ links: [() => () => neverAnswers()] });
const client = createClient({ trpc: trpc.chat, userId: 'alice', contentTypes: ['text', 'order'] });

function neverAnswers(): never {
  throw new Error('these tests call nobody');
}

describe('the types of a client', () => {
  it('come from the application’s router type and nothing else', () => {
    expectTypeOf<ContentIn<Chat>>().toEqualTypeOf<KindsIn>();
    expectTypeOf<ContentOut<Chat>>().toEqualTypeOf<KindsOut>();
    expectTypeOf<Chat>().toExtend<AnyMessagingTrpc>();
  });

  it('are the same without a data transformer', () => {
    const plain = initTRPC.context<{ readonly port: MessagingTrpc }>().create();
    const router = plain.router({ talk: chatProcedures });
    type Plain = TRPCClient<typeof router>['talk'];
    expectTypeOf<Plain>().toExtend<AnyMessagingTrpc>();
    expectTypeOf<keyof ContentIn<Plain>>().toEqualTypeOf<'text' | 'order'>();
    expectTypeOf<ContentOut<Plain>['order']>().toEqualTypeOf<KindsOut['order']>();
  });

  it('take a connection’s link for any router', () => {
    expectTypeOf(connection.link).toExtend<Parameters<typeof createTRPCClient<AppRouter>>[0]['links'][number]>();
    expectTypeOf(httpLink<AppRouter>).toBeFunction();
  });

  it('accept the kinds of the router, and refuse another kind, a wrong field and a missing one', () => {
    type Message = Parameters<ReturnType<typeof client.conversation>['send']>[0];
    expectTypeOf<Message>().toEqualTypeOf<Content<KindsIn>>();
    const right: Message[] = [
      { type: 'text', content: { text: 'hello' } },
      { type: 'order', content: { orderId: 'o-1', total: 2 } },
    ];
    // @ts-expect-error no kind of that name
    right.push({ type: 'image', content: { url: 'x' } });
    // @ts-expect-error the content of another kind
    right.push({ type: 'order', content: { text: 'hello' } });
    // @ts-expect-error total is a number
    right.push({ type: 'order', content: { orderId: 'o-1', total: '2' } });
    // @ts-expect-error total is missing
    right.push({ type: 'order', content: { orderId: 'o-1' } });
    // @ts-expect-error a field the kind does not have
    right.push({ type: 'text', content: { text: 'hello', colour: 'red' } });
  });

  it('refuse a content type the router does not deliver', () => {
    expectTypeOf<ClientOptions<Chat>['contentTypes'][number]>().toEqualTypeOf<'text' | 'order'>();
    // @ts-expect-error no kind of that name
    createClient({ trpc: trpc.chat, userId: 'alice', contentTypes: ['text', 'image'] });
  });

  it('refuse a router that is not messaging', () => {
    const other = { hello: { query: async () => 'hello' } };
    // @ts-expect-error no send, inbox or conversations
    expectTypeOf<typeof other>().toExtend<AnyMessagingTrpc>();
  });

  it('give received messages as a union to narrow on type, with unknown kinds in it', () => {
    type Item = MessageItem<KindsIn, KindsOut>;
    expectTypeOf<Item['type']>().toEqualTypeOf<'text' | 'order' | 'unknown'>();
    expectTypeOf<Extract<Item, { type: 'text' }>['content']>().toEqualTypeOf<{ text: string }>();
    expectTypeOf<Extract<Item, { status: 'stored'; type: 'order' }>['content']>().toEqualTypeOf<KindsOut['order']>();
    expectTypeOf<Extract<Item, { type: 'unknown' }>['content']>().toEqualTypeOf<UnknownContent['content']>();

    const render = (item: Item): string => {
      switch (item.type) {
        case 'text':
          return item.content.text;
        case 'order':
          // @ts-expect-error an order has no text
          return `${item.content.orderId}: ${item.content.total}${item.content.text}`;
        case 'unknown':
          return `a message of kind ${item.content.type}`;
      }
    };
    expectTypeOf(render).returns.toBeString();
    expectTypeOf(client.direct('bob').messages.getSnapshot().items).toEqualTypeOf<readonly Item[]>();
  });

  it('tell what happened with the same kinds', () => {
    client.on('message', (message) => {
      expectTypeOf(message.type).toEqualTypeOf<'text' | 'order' | 'unknown'>();
    });
    client.on('sent', (receipt) => {
      expectTypeOf(receipt.clientMessageId).toEqualTypeOf<CommandId>();
    });
    // @ts-expect-error no such event
    client.on('sunset', () => undefined);
  });

  it('fall back to any JSON object for a port that does not name its kinds', () => {
    expectTypeOf<ContentIn<MessagingTrpc>>().toExtend<ContentMap>();
  });

  it('name what a receipt rejects with: a TidemarkError, also when the message was discarded', () => {
    expectTypeOf<DraftDiscardedError>().toExtend<TidemarkError>();
    expectTypeOf<DraftDiscardedError['policy']>().toEqualTypeOf<'give-up'>();
  });
});
