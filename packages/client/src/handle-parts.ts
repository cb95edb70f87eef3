import type { CommandResult, ContentMap, JsonValue, UserId } from '@tidemark/core';
import type { ConversationHandle } from './client.ts';
import type { createLeaderWork, GroupCommand, InputOf } from './leader-work.ts';
import type { LocalReplica } from './local-store/local-replica.ts';
import type { Reader } from './received.ts';
import type { Outbox } from './send/outbox.ts';
import type { TabGroup } from './tabs/tab-group.ts';
import type { Usage } from './views/conversation-handles.ts';

type Handle = ConversationHandle<ContentMap, ContentMap, JsonValue>;

/** What a handle is made of. */
export interface HandleParts extends Usage {
  readonly userId: UserId;
  readonly reader: Reader;
  readonly replica: LocalReplica;
  readonly outbox: Outbox;
  readonly pageSize: number;
  /** Asks the tab that leads. */
  readonly ask: TabGroup<ReturnType<typeof createLeaderWork>>['ask'];
  /** Waits until what the leader has committed is here. */
  readonly whenCommitted: <T>(asked: Promise<T>) => Promise<T>;
  readonly command: <K extends GroupCommand>(name: K, input: InputOf<K>) => Promise<CommandResult>;
  readonly item: Handle['item'];
}

/** Of every handle that was given out, for features that an application imports by name. */
export const handleParts = new WeakMap<Handle, HandleParts>();
