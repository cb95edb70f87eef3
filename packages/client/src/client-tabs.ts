import { TidemarkError } from '@tidemark/core';
import type { ClientParts } from './client-parts.ts';
import { createLeaderWork } from './leader-work.ts';
import { createLeadership, type Leadership } from './leadership.ts';
import { LocalStoreError } from './local-store/local-store-error.ts';
import { hearTab } from './tabs/hear-tab.ts';
import { createTabGroup, type TabGroup } from './tabs/tab-group.ts';
import { RELAYED_EVENTS, type RelayedEvent } from './tabs/tab-message.ts';

/** The tabs over one store, one of which leads: it connects, syncs and sends for all. Without tabs this client leads. */
export type ClientTabs = TabGroup<ReturnType<typeof createLeaderWork>>;

export interface ClientTabsOptions extends ClientParts {
  /** Reads the local store. */
  readonly load: () => Promise<void>;
  /** The user signed out in another tab. */
  readonly onErase: () => void;
}

export function createClientTabs(options: ClientTabsOptions): ClientTabs {
  const { userId, connection, tabs, events, life, replica, outbox, status, load } = options;

  function lead(signal: AbortSignal): void {
    const leadership = createLeadership({
      ...options,
      replica: replica.during(signal, () => group.holds()),
      signal,
      onStatus: status.notice,
      onReset: outbox.reset,
    });
    life.leadership = leadership;
    outbox.lead(signal, leadership.replica);
    // Without tabs it begins with `start()`.
    if (!tabs) return;
    connection?.open(userId);
    status.notice();
    leadership.start();
    events.emit('role', { role: 'leader' });
  }

  function follow(): void {
    life.leadership = undefined;
    status.showLeader({ state: 'connecting' });
    // The socket is the leader's.
    void connection?.close();
    events.emit('role', { role: 'follower' });
  }

  function currentLeadership(): Leadership {
    if (!life.leadership) throw new TidemarkError('closing', 'this tab leads no more');
    return life.leadership;
  }

  function reconnect(): void {
    connection?.open(userId);
    connection?.retryNow();
  }

  const group: ClientTabs = createTabGroup({
    ...options,
    tabs,
    work: createLeaderWork({ ...options, leadership: currentLeadership, reconnect }),
    reload: load,
    lead,
    follow,
    greeting: () => ({ type: 'leading', connection: status.view.getSnapshot(), receipts: outbox.receipts() }),
    onRefused: (cause) => replica.leaveStore(new LocalStoreError('blocked', 'Web Locks are refused', { cause })),
    onMessage: (message) => hearTab(message, options),
  });
  events.on('store', ({ problem }) => {
    if (problem === 'blocked' && life.isStarted && tabs) group.standAlone();
  });
  for (const type of RELAYED_EVENTS) {
    events.on(type, (detail) => {
      if (life.leadership) group.post({ type: 'event', event: { type, detail } as RelayedEvent });
    });
  }
  return group;
}
