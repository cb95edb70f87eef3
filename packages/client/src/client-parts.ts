import type { ContentMap, JsonValue } from '@tidemark/core';
import type { ConversationHandle } from './client.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientStatus } from './client-status.ts';
import type { LocalReplica } from './local-store/local-replica.ts';
import type { MessagingTrpc } from './messaging-trpc.ts';
import type { Outbox } from './send/outbox.ts';
import type { ConversationHandles } from './views/conversation-handles.ts';
import type { ConversationsView } from './views/conversations-view.ts';

export type Handles = ConversationHandles<ConversationHandle<ContentMap, ContentMap, JsonValue>>;

/** A client's stages, for what joins several of them. */
export interface ClientParts extends ClientContext {
  readonly trpc: MessagingTrpc;
  readonly status: ClientStatus;
  readonly replica: LocalReplica;
  readonly outbox: Outbox;
  readonly conversations: ConversationsView;
  readonly handles: Handles;
}
