import type {
  CommandResult,
  ContentMap,
  ConversationId,
  ConversationSeq,
  ConversationSummary,
  Cursor,
  Event,
  FeedItem,
  InboxPage,
  MessageSent,
  Receipt,
} from '@tidemark/core';

/**
 * MessagingTrpc: what this client calls on the application's own tRPC client, e.g. `trpc.chat`. A structural port: the
 * stock client fits it over any link, and so does anything else that answers the same. To whoever implements it:
 *
 *  - A call that fails rejects with an Error whose message is the text form of the error table ("overloaded: …"). Any
 *    other message means that the outcome is unknown.
 *  - `send` is idempotent per (user, clientMessageId), the commands per (user, commandId).
 *  - The feed delivers tracked items: `id` is the cursor after the item. After `onError` or `onComplete` it delivers
 *    nothing more. When the link reconnects by itself it resumes after the last id that it delivered.
 */
export interface MessagingTrpc<CIn = ContentMap, COut = ContentMap> {
  readonly send: { mutate(input: SendInput<CIn>, options?: CallOptions): Promise<Receipt> };
  readonly inbox: {
    readonly since: {
      query(input: { cursor?: string | null; limit?: number }, options?: CallOptions): Promise<InboxPage<COut>>;
    };
    readonly head: { query(input?: undefined, options?: CallOptions): Promise<{ readonly cursor: Cursor }> };
    readonly feed: { subscribe(input: { cursor?: string | null }, observer: FeedObserver<COut>): FeedSubscription };
  };
  readonly conversations: {
    readonly list: {
      query(input: { limit?: number; page?: string | null }, options?: CallOptions): Promise<ConversationPage<COut>>;
    };
    readonly get: {
      query(input: { conversationId: string }, options?: CallOptions): Promise<ConversationSummary<COut>>;
    };
    readonly members: {
      query(
        input: { conversationId: string; page?: string | undefined },
        options?: CallOptions,
      ): Promise<{ readonly members: readonly Member[]; readonly nextPage: string | null }>;
    };
    readonly history: { query(input: HistoryInput, options?: CallOptions): Promise<HistoryPage<COut>> };
    readonly markRead: {
      mutate(
        input: { conversationId: string; readSeq: number },
        options?: CallOptions,
      ): Promise<{ readonly conversationId: string; readonly readSeq: number }>;
    };
    readonly createGroup: {
      mutate(
        input: { title?: string | null; memberIds: string[]; commandId?: string },
        options?: CallOptions,
      ): Promise<CommandResult>;
    };
    readonly addMembers: { mutate(input: MembersInput, options?: CallOptions): Promise<CommandResult> };
    readonly removeMembers: { mutate(input: MembersInput, options?: CallOptions): Promise<CommandResult> };
    readonly leave: {
      mutate(input: { conversationId: string; commandId?: string }, options?: CallOptions): Promise<CommandResult>;
    };
  };
}

export interface CallOptions {
  signal?: AbortSignal;
}

export type SendInput<C = ContentMap> = { conversationId: string; clientMessageId: string; retry?: number } & {
  [K in keyof C & string]: { type: K; content: C[K] };
}[keyof C & string];

export interface MembersInput {
  conversationId: string;
  memberIds: string[];
  commandId?: string;
}

/** `after`: ascending from after + 1 · `before`: descending from before - 1 · neither: the newest, descending. */
export interface HistoryInput {
  conversationId: string;
  after?: number;
  before?: number;
  limit?: number;
}

export interface HistoryPage<C = ContentMap> {
  readonly events: readonly Event<C>[];
  readonly hasMore: boolean;
}

export interface ConversationPage<C = ContentMap> {
  readonly conversations: readonly ConversationSummary<C>[];
  /** Hand it back for the next page; null after the last. */
  readonly nextPage: string | null;
}

export interface Member {
  readonly userId: string;
  readonly joinedSeq: number;
}

/** The callbacks used of a stock subscription. */
export interface FeedObserver<C = ContentMap> {
  onStarted?(): void;
  onData(item: { id: string; data: FeedItem<C> }): void;
  onError(error: unknown): void;
  onComplete(): void;
  onConnectionStateChange?(state: { state: 'idle' | 'connecting' | 'pending' }): void;
}

export interface FeedSubscription {
  unsubscribe(): void;
}

/**
 * What the type of an application's router is held against: the same calls, without looking into content. (TypeScript
 * compares the exact types by the variance of their parameter and finds kinds and "any JSON object" unrelated.)
 * Method syntax on purpose: parameters may be narrower than here.
 */
export interface AnyMessagingTrpc {
  readonly send: {
    mutate(input: {
      conversationId: string;
      clientMessageId: string;
      type: string;
      content: unknown;
      retry?: number;
    }): Promise<Receipt>;
  };
  readonly inbox: {
    readonly since: { query(input: { cursor?: string | null; limit?: number }): Promise<{ readonly cursor: Cursor }> };
    readonly head: { query(): Promise<{ readonly cursor: Cursor }> };
    readonly feed: {
      subscribe(
        input: { cursor?: string | null },
        observer: { onData(item: { id: string; data: { readonly type: string } }): void },
      ): FeedSubscription;
    };
  };
  readonly conversations: {
    readonly list: {
      query(input: { limit?: number; page?: string | null }): Promise<{
        readonly conversations: readonly AnySummary[];
        readonly nextPage: string | null;
      }>;
    };
    readonly get: { query(input: { conversationId: string }): Promise<AnySummary> };
    readonly history: {
      query(input: HistoryInput): Promise<{ readonly events: readonly AnyEvent[]; readonly hasMore: boolean }>;
    };
  } & Pick<
    MessagingTrpc['conversations'],
    'members' | 'markRead' | 'createGroup' | 'addMembers' | 'removeMembers' | 'leave'
  >;
}

interface AnyEvent {
  readonly type: string;
  readonly conversationId: ConversationId;
  readonly conversationSeq: ConversationSeq;
}

interface AnySummary {
  readonly conversationId: ConversationId;
  readonly head: ConversationSeq;
  readonly unread: number;
}

/** Union of `{ type, content }` → map kind → content. */
type KindsOf<U> = {
  [M in U as M extends { type: infer K extends string } ? K : never]: M extends { content: infer C } ? C : never;
};

/** The kinds by themselves: declarations that name them would otherwise repeat the router that they were read from. */
type Resolved<M> = M extends infer Kinds ? { [K in keyof Kinds]: Kinds[K] } : never;

/** The kinds one may send through this router, with the shapes their schemas accept. */
export type ContentIn<T extends AnyMessagingTrpc> = Resolved<KindsOf<Parameters<T['send']['mutate']>[0]>>;

type EventsOf<T extends AnyMessagingTrpc> = Awaited<
  ReturnType<T['conversations']['history']['query']>
>['events'][number];

type MessageOf<E> = E extends { type: MessageSent['type']; message: infer M } ? M : never;

/** The kinds this router delivers, with the shapes their schemas give. */
export type ContentOut<T extends AnyMessagingTrpc> = Resolved<KindsOf<MessageOf<EventsOf<T>>>>;
