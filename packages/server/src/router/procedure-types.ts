import type {
  CommandResult,
  Content,
  ConversationId,
  ConversationSeq,
  ConversationSummary,
  Cursor,
  Event,
  FeedItem,
  InboxPage,
  Receipt,
  UserId,
} from '@tidemark/core';
import type { TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from '@trpc/server';

/**
 * The procedures, by name and by type: what `messaging.procedures` gives to the application's router, and what a front end
 * sees through `import type { AppRouter }`. Written by hand so that no schema type leaks into it.
 *
 * @typeParam In  content kinds as senders write them
 * @typeParam Out content kinds as they are stored and delivered
 */
export type MessagingProcedures<In, Out> = {
  /**
   * Sends a message. Resolves when it is stored, with the same receipt for the same clientMessageId. `retry`, 0 unless set, is
   * raised by one when a person sends a refused message again under its id.
   */
  send: Mutation<{ conversationId: string; clientMessageId: string; retry?: number } & Content<In>, Receipt>;
  inbox: {
    /** Entries after the cursor, at most `limit` (limits.page unless set) and of limits.pageBytes; or a reset when it cannot be continued from. */
    since: Query<{ cursor?: string | null | undefined; limit?: number | undefined }, InboxPage<Out>>;
    /** The cursor of the newest entry. */
    head: Query<void, { cursor: Cursor }>;
    /** The live feed: catch-up after the cursor, then live. Every item is tracked with the cursor to resume from. */
    feed: TRPCSubscriptionProcedure<{
      input: { cursor?: string | null | undefined; lastEventId?: string | null | undefined } | undefined;
      output: AsyncIterable<{ id: string; data: FeedItem<Out> }, void, unknown>;
      meta: unknown;
    }>;
  };
  conversations: {
    /** Conversations of the caller, the most recently active first. `page` is the nextPage of the page before. */
    list: Query<
      { limit?: number | undefined; page?: string | null | undefined } | undefined,
      { conversations: ConversationSummary<Out>[]; nextPage: string | null }
    >;
    get: Query<{ conversationId: string }, ConversationSummary<Out>>;
    /** Members now, by the order in which they joined. `page` is the nextPage of the page before. */
    members: Query<
      { conversationId: string; limit?: number | undefined; page?: string | null | undefined },
      { members: { userId: UserId; joinedSeq: ConversationSeq }[]; nextPage: string | null }
    >;
    /** Makes sure that the direct conversation with another user exists. Sending to it does so too. */
    openDirect: Mutation<{ userId: string }, CommandResult>;
    /** Creates a group of the caller and `memberIds`. A repeated commandId returns the group made the first time. */
    createGroup: Mutation<
      { title?: string | null | undefined; memberIds: string[]; commandId?: string | undefined },
      CommandResult
    >;
    /** Any member may add members. */
    addMembers: Mutation<MembersInput, CommandResult>;
    /** The creator of a group may remove members; anyone may remove themselves. */
    removeMembers: Mutation<MembersInput, CommandResult>;
    leave: Mutation<{ conversationId: string; commandId?: string | undefined }, CommandResult>;
    /**
     * Events the caller may see, by conversationSeq: `after` ascending, `before` descending, neither: the newest,
     * descending. One may see what happened while one was a member.
     */
    history: Query<
      {
        conversationId: string;
        after?: number | undefined;
        before?: number | undefined;
        limit?: number | undefined;
      },
      { events: Event<Out>[]; hasMore: boolean }
    >;
    /** Moves the caller's read mark forward to readSeq, at most to the conversation's head. */
    markRead: Mutation<
      { conversationId: string; readSeq: number },
      { conversationId: ConversationId; readSeq: number }
    >;
  };
};

type MembersInput = { conversationId: string; memberIds: string[]; commandId?: string | undefined };
type Query<Input, Output> = TRPCQueryProcedure<{ input: Input; output: Output; meta: unknown }>;
type Mutation<Input, Output> = TRPCMutationProcedure<{ input: Input; output: Output; meta: unknown }>;
