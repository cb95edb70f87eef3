/** A chat as tRPC's documentation has it: an EventEmitter, and a subscription that yields what it emits, tracked. */
import { EventEmitter, on } from 'node:events';
import { initTRPC, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { answerCalls, programSettings } from '../../frame/answer-calls.ts';
import { cursorOf, type Entry, entryOf, receiptOf } from '../message.ts';
import type { ServerProgramSettings } from '../system.ts';

const { port } = programSettings<ServerProgramSettings>();
const emitter = new EventEmitter().setMaxListeners(0);
const groups = new Map<string, readonly string[]>();
let seq = 0;

const t = initTRPC.context<{ user: string }>().create();
const router = t.router({
  send: t.procedure
    .input(
      z.object({
        conversationId: z.string(),
        clientMessageId: z.string(),
        type: z.literal('text'),
        content: z.object({ text: z.string().min(1).max(8_000) }),
      }),
    )
    .mutation(({ ctx, input }) => {
      seq += 1;
      const { conversationId, clientMessageId, content } = input;
      const entry = entryOf(seq, ctx.user, conversationId, clientMessageId, content.text);
      for (const member of groups.get(conversationId) ?? [conversationId]) emitter.emit(member, entry);
      return receiptOf(entry);
    }),
  feed: t.procedure.input(z.object({ lastEventId: z.string().optional() })).subscription(async function* ({
    ctx,
    signal,
  }) {
    const entries = on(emitter, ctx.user, { ...(signal && { signal }) });
    yield tracked(cursorOf(0), { type: 'live' as const, entries: [] });
    for await (const [entry] of entries as AsyncIterable<[Entry]>) {
      yield tracked(cursorOf(entry.seq), { type: 'entries' as const, entries: [entry] });
    }
  }),
  createGroup: t.procedure
    .input(z.object({ title: z.string(), memberIds: z.array(z.string()) }))
    .mutation(({ input }) => {
      groups.set(input.title, input.memberIds);
      return { conversationId: input.title };
    }),
});

const wss = new WebSocketServer({ port, host: '127.0.0.1', path: '/trpc' });
applyWSSHandler({
  wss,
  router,
  createContext: ({ info }) => ({ user: String(info.connectionParams?.['token']) }),
});
wss.once('listening', () => answerCalls({}));
