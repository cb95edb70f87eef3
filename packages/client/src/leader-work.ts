import type {
  Calls,
  CommandId,
  CommandResult,
  ContentMap,
  ConversationId,
  HistoryInput,
  Member,
  UserId,
} from '@tidemark/core';
import type { Leadership } from './leadership.ts';
import type { LocalReplica } from './local-store/local-replica.ts';
import type { Draft } from './local-store/local-store.ts';
import { checkDraft } from './local-store/stored-json.ts';
import type { MessagingTrpc } from './messaging-trpc.ts';
import type { Outbox } from './send/outbox.ts';
import { fetchHistory, loadHistory } from './sync/load-history.ts';

/** Commands on groups, each repeated under one id until its outcome is known. */
const GROUP_COMMANDS = ['createGroup', 'addMembers', 'removeMembers', 'leave'] as const;

export type GroupCommand = (typeof GROUP_COMMANDS)[number];
export type InputOf<K extends GroupCommand> = Calls<ContentMap, ContentMap>['conversations'][K]['input'];
type CarryOut = { readonly [K in GroupCommand]: (input: InputOf<K>) => Promise<CommandResult> };

interface OfConversation {
  readonly conversationId: ConversationId;
}
interface OfDraft {
  readonly clientMessageId: CommandId;
}

export interface LeaderWorkOptions {
  readonly trpc: MessagingTrpc;
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly outbox: Outbox;
  readonly closing: AbortSignal;
  readonly pageSize: number;
  /** Rejects when this tab leads no more. */
  readonly leadership: () => Leadership;
  /** Reads the local store again. */
  readonly load: () => Promise<void>;
  readonly reconnect: () => void;
}

/** What the leader does for all: for itself by a call, for other tabs when they ask. Each is idempotent. */
export function createLeaderWork(options: LeaderWorkOptions) {
  const { trpc, userId, replica, outbox, closing, pageSize, leadership, load } = options;
  const { conversations } = trpc;
  const commands = GROUP_COMMANDS.map((name) => [
    name,
    (input: never) => conversations[name].mutate(input, { signal: closing }),
  ]);

  return {
    ...(Object.fromEntries(commands) as CarryOut),
    loadOlder: async ({ conversationId }: OfConversation) => {
      const { replica, signal } = leadership();
      return loadHistory(conversationId, trpc, replica, userId, pageSize, signal);
    },
    history: (query: HistoryInput) => fetchHistory(query, trpc, closing),
    /** Another tab has kept drafts, and told of them: reads the store when that was not heard. */
    adopt: async ({ drafts }: { drafts: readonly Draft[] }) => {
      const unknown = (): Draft[] => drafts.filter(({ clientMessageId }) => !outbox.has(clientMessageId));
      await replica.commit(() => undefined);
      if (unknown().length > 0) await load();
      // In the store of neither: it has no room.
      await replica.commit(() => (unknown().length > 0 ? { putDrafts: unknown().map(checkDraft) } : undefined));
    },
    markRead: async ({ conversationId, readSeq }: OfConversation & { readSeq: number | null }) =>
      leadership().readMarks.mark(conversationId, readSeq ?? undefined),
    retry: ({ clientMessageId }: OfDraft) => outbox.retry(clientMessageId),
    discard: ({ clientMessageId }: OfDraft) => outbox.discard(clientMessageId),
    members: async ({ conversationId }: OfConversation) => {
      const members: Member[] = [];
      let page: string | null | undefined;
      do {
        const answer = await conversations.members.query({ conversationId, page }, { signal: closing });
        members.push(...answer.members);
        page = answer.nextPage;
      } while (page !== null);
      return members;
    },
    reconnect: async (_: Record<string, never>) => options.reconnect(),
  };
}
