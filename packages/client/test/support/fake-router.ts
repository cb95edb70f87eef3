import type {
  CommandResult,
  ConversationSummary,
  Cursor,
  Event,
  FeedItem,
  InboxPage,
  Member,
  Receipt,
} from '@tidemark/core';
import { settingsInput } from '@tidemark/core/wire';
import { initTRPC, tracked } from '@trpc/server';
import superjson from 'superjson';
import { z } from 'zod';
import type { MessagingTrpc } from '../../src/index.ts';

/** What an application's content map resolves to: what may be sent, and what is stored after defaults. */
export type KindsIn = { text: { text: string }; order: { orderId: string; total: number; note?: string | undefined } };
export type KindsOut = { text: { text: string }; order: { orderId: string; total: number; note: string } };

const text = z.object({ text: z.string() });
const order = z.object({ orderId: z.string(), total: z.number(), note: z.string().optional() });
const address = z.object({ conversationId: z.string(), clientMessageId: z.string() });
const target = z.union([
  z.object({ seq: z.number() }),
  z.object({ senderId: z.string(), clientMessageId: z.string() }),
]);
const edited = z.object({
  conversationId: z.string(),
  target,
  expectedVersion: z.number().optional(),
  commandId: z.string().optional(),
});
const editInput = z.union([
  edited.extend({ type: z.literal('text'), content: text }),
  edited.extend({ type: z.literal('order'), content: order }),
]);
const reactInput = edited.omit({ expectedVersion: true }).extend({ key: z.string(), on: z.boolean().optional() });
const revokeInput = z.object({
  conversationId: z.string(),
  targets: z.array(target),
  reason: z.string().optional(),
  commandId: z.string().optional(),
});
const sendInput = z.union([
  address.extend({ type: z.literal('text'), content: text }),
  address.extend({ type: z.literal('order'), content: order }),
]);

/** Who a call is of; the model server answers for that user. */
export interface FakeContext {
  readonly port: MessagingTrpc;
}

/**
 * A router as an application has it: its own procedures beside the messaging ones under a key of its choice, superjson as
 * the transformer. The answers come from the model server.
 */
const t = initTRPC.context<FakeContext>().create({ transformer: superjson });
const { procedure } = t;
const one = z.object({ conversationId: z.string() });
const members = z.object({
  conversationId: z.string(),
  memberIds: z.array(z.string()),
  commandId: z.string().optional(),
});

/** The model server keeps content as JSON; its kinds are those of this router because only this router writes to it. */
function typed<T>(value: Promise<unknown>): Promise<T> {
  return value as Promise<T>;
}

const feedInput = z
  .object({ cursor: z.string().nullish(), lastEventId: z.string().nullish(), wire: z.number().optional() })
  .optional();

export const chatProcedures = {
  revoke: procedure
    .input(revokeInput)
    .mutation(({ ctx, input }): Promise<CommandResult> => ctx.port.revoke.mutate(input)),
  react: procedure.input(reactInput).mutation(({ ctx, input }): Promise<CommandResult> => ctx.port.react.mutate(input)),
  edit: procedure.input(editInput).mutation(({ ctx, input }): Promise<CommandResult> => ctx.port.edit.mutate(input)),
  send: procedure.input(sendInput).mutation(({ ctx, input }): Promise<Receipt> => ctx.port.send.mutate(input)),
  inbox: {
    since: procedure
      .input(z.object({ cursor: z.string().nullish(), limit: z.number().optional() }))
      .query(({ ctx, input }) =>
        typed<InboxPage<KindsOut>>(ctx.port.inbox.since.query({ cursor: input.cursor ?? null })),
      ),
    head: procedure.query(({ ctx }): Promise<{ readonly cursor: Cursor }> => ctx.port.inbox.head.query()),
    feed: procedure.input(feedInput).subscription(async function* ({ ctx, input, signal }) {
      const items: { id: string; data: FeedItem<KindsOut> }[] = [];
      let failure: unknown;
      let isOver = false;
      let wake = (): void => undefined;
      const subscription = ctx.port.inbox.feed.subscribe(
        { cursor: input?.lastEventId ?? input?.cursor ?? null, wire: input?.wire },
        {
          onData: (item) => {
            items.push(item as { id: string; data: FeedItem<KindsOut> });
            wake();
          },
          onError: (error) => {
            failure = error;
            isOver = true;
            wake();
          },
          onComplete: () => {
            isOver = true;
            wake();
          },
        },
      );
      signal?.addEventListener('abort', () => wake());
      try {
        while (!signal?.aborted) {
          for (let item = items.shift(); item; item = items.shift()) yield tracked(item.id, item.data);
          if (isOver && failure) throw failure;
          if (isOver) return;
          if (!signal?.aborted && items.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        subscription.unsubscribe();
      }
    }),
  },
  conversations: {
    list: procedure
      .input(z.object({ limit: z.number().optional(), page: z.string().nullish() }).optional())
      .query(({ ctx, input }) =>
        typed<{ conversations: ConversationSummary<KindsOut>[]; nextPage: string | null }>(
          ctx.port.conversations.list.query({ page: input?.page ?? null }),
        ),
      ),
    get: procedure
      .input(one)
      .query(({ ctx, input }) => typed<ConversationSummary<KindsOut>>(ctx.port.conversations.get.query(input))),
    members: procedure
      .input(one)
      .query(
        ({ ctx, input }): Promise<{ readonly members: readonly Member[]; readonly nextPage: string | null }> =>
          ctx.port.conversations.members.query(input),
      ),
    history: procedure
      .input(
        z.object({
          conversationId: z.string(),
          after: z.number().optional(),
          before: z.number().optional(),
          limit: z.number().optional(),
        }),
      )
      .query(({ ctx, input }) =>
        typed<{ events: Event<KindsOut>[]; hasMore: boolean }>(
          ctx.port.conversations.history.query({
            conversationId: input.conversationId,
            ...(input.after !== undefined && { after: input.after }),
            ...(input.before !== undefined && { before: input.before }),
            ...(input.limit !== undefined && { limit: input.limit }),
          }),
        ),
      ),
    openDirect: procedure.input(z.object({ userId: z.string() })).mutation((): CommandResult => {
      throw new Error('not needed: sending opens it');
    }),
    createGroup: procedure
      .input(
        z.object({ title: z.string().nullish(), memberIds: z.array(z.string()), commandId: z.string().optional() }),
      )
      .mutation(({ ctx, input: { title, memberIds, commandId } }) =>
        ctx.port.conversations.createGroup.mutate({ title: title ?? null, memberIds, ...(commandId && { commandId }) }),
      ),
    addMembers: procedure
      .input(members)
      .mutation(({ ctx, input: { commandId, ...rest } }) =>
        ctx.port.conversations.addMembers.mutate({ ...rest, ...(commandId && { commandId }) }),
      ),
    removeMembers: procedure
      .input(members)
      .mutation(({ ctx, input: { commandId, ...rest } }) =>
        ctx.port.conversations.removeMembers.mutate({ ...rest, ...(commandId && { commandId }) }),
      ),
    leave: procedure
      .input(one.extend({ commandId: z.string().optional() }))
      .mutation(({ ctx, input: { commandId, ...rest } }) =>
        ctx.port.conversations.leave.mutate({ ...rest, ...(commandId && { commandId }) }),
      ),
    setSettings: procedure
      .input(settingsInput)
      .mutation(({ ctx, input }) => ctx.port.conversations.setSettings.mutate(input)),
    markRead: procedure
      .input(one.extend({ readSeq: z.number() }))
      .mutation(({ ctx, input }) => ctx.port.conversations.markRead.mutate(input)),
  },
};

export const appRouter = t.router({
  hello: procedure.query(() => 'the application’s own'),
  chat: chatProcedures,
});
export type AppRouter = typeof appRouter;
