import type {
  Call,
  Calls,
  CommandResult,
  ContentMap,
  ConversationId,
  ConversationSeq,
  Cursor,
  FeedItem,
  HistoryInput,
  MentionsInput,
  MessageSent,
  Receipt,
  TargetInput,
} from '@tidemark/core';
import type { TRPCClient } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';

/**
 * MessagingTrpc: what this client calls on the application's own tRPC client, e.g. `trpc.chat`. A structural port: the
 * stock client fits it over any link, and so does anything else that answers the same. To whoever implements it:
 *
 *  - A call that fails rejects with an Error whose message is the text form of the error table ("overloaded: …"). Any
 *    other message means that the outcome is unknown.
 *  - `send` is idempotent per (user, clientMessageId), `edit` and the commands per (user, commandId).
 *  - The feed delivers tracked items: `id` is the cursor after the item. After `onError` or `onComplete` it delivers
 *    nothing more. When the link reconnects by itself it resumes after the last id that it delivered.
 */
export type MessagingTrpc<CIn = ContentMap, COut = ContentMap> = Port<Calls<CIn, COut>>;

type Port<C> = {
  readonly [Name in keyof C]: C[Name] extends Call<infer Kind, infer Input, infer Output>
    ? Ports<Input, Output>[Kind]
    : Port<C[Name]>;
};

interface Ports<Input, Output> {
  readonly query: { query(input: Input, options?: CallOptions): Promise<Output> };
  readonly mutation: { mutate(input: Input, options?: CallOptions): Promise<Output> };
  readonly subscription: { subscribe(input: Input, observer: FeedObserver<Output>): FeedSubscription };
}

export interface CallOptions {
  signal?: AbortSignal;
}

/** The callbacks used of a stock subscription. */
export interface FeedObserver<Item = { id: string; data: FeedItem }> {
  onStarted?(): void;
  onData(item: Item): void;
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
export interface AnyMessagingTrpc extends Pick<MessagingTrpc, 'react' | 'revoke'> {
  readonly send: {
    mutate(input: {
      conversationId: string;
      clientMessageId: string;
      type: string;
      content: unknown;
      replyTo?: TargetInput | undefined;
      mentions?: MentionsInput | undefined;
      retry?: number | undefined;
    }): Promise<Receipt>;
  };
  readonly edit: {
    mutate(input: {
      conversationId: string;
      target: TargetInput;
      mentions?: MentionsInput | undefined;
      expectedVersion?: number | undefined;
      commandId?: string | undefined;
      type: string;
      content: unknown;
    }): Promise<CommandResult>;
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
    'members' | 'markRead' | 'setSettings' | 'createGroup' | 'addMembers' | 'removeMembers' | 'leave'
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

/** The keys of an application's router under which there is messaging. */
export type MessagingName<Router extends AnyTRPCRouter> = {
  [Key in keyof TRPCClient<Router> & string]: TRPCClient<Router>[Key] extends AnyMessagingTrpc ? Key : never;
}[keyof TRPCClient<Router> & string];

/** What a tRPC client of the router has under that key. */
export type MessagingOf<
  Router extends AnyTRPCRouter,
  Name extends MessagingName<Router>,
> = TRPCClient<Router>[Name] extends infer T extends AnyMessagingTrpc ? T : never;

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
