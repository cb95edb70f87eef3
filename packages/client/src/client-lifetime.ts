import { TidemarkError } from '@tidemark/core';
import type { Client } from './client.ts';
import type { ClientParts } from './client-parts.ts';
import type { ClientTabs } from './client-tabs.ts';
import { throwIfClosed } from './closed.ts';
import { DraftDiscardedError } from './send/outbox-entries.ts';

export interface ClientLifetimeOptions extends ClientParts {
  readonly group: ClientTabs;
}

export interface ClientLifetime extends Pick<Client<unknown, unknown>, 'start' | 'close' | 'erase'> {
  /** Reads the local store, at first or again. */
  load(): Promise<void>;
  /** The user signed out in another tab. */
  erasedElsewhere(): Promise<void>;
}

/** How a client begins and ends. */
export function createClientLifetime(parts: ClientLifetimeOptions): ClientLifetime {
  const { userId, connection, tabs, refusal, events, closed, closing, life } = parts;
  const { replica, outbox, handles, conversations, status, group } = parts;
  /** What was in the local store is in the views. */
  let isShown = false;
  const unsubscribe = connection?.subscribe(status.notice);

  async function load(): Promise<void> {
    const isFirst = !replica.isOpening;
    await outbox.start();
    if (!isFirst) await replica.reload(({ drafts }) => outbox.reconcile(drafts));
    if (isShown) return;
    isShown = true;
    conversations.reset(replica.rows.values());
    for (const view of handles.all()) view.change();
  }

  function start(): void {
    throwIfClosed(closing);
    if (life.isStarted) return;
    life.isStarted = true;
    if (refusal) replica.leaveStore(refusal);
    if (tabs) group.join();
    else connection?.open(userId);
    status.notice();
    if (tabs) return;
    load()
      .then(() => life.leadership?.start())
      .catch((error: unknown) => {
        if (!closing.aborted) throw error;
      });
  }

  /** Nothing runs, waits or writes any more when it resolves. */
  async function stop(reason: Error): Promise<void> {
    if (!closing.aborted) {
      closed.abort();
      unsubscribe?.();
      outbox.close(reason);
      // With several tabs it was opened because this one leads.
      if (tabs && life.leadership) void connection?.close();
      status.notice();
    }
    await replica.close();
  }

  /** Nothing of the user is shown any more. */
  function forget(): void {
    outbox.forget();
    conversations.reset([]);
    for (const view of handles.all()) view.forget();
  }

  return {
    load,
    start,
    close: async () => {
      await stop(new TidemarkError('outcome_unknown', 'the client was closed; the draft is sent at the next start'));
      // After the last write.
      group.leave();
    },
    erase: async () => {
      life.isErased = true;
      await stop(new DraftDiscardedError('the user signed out'));
      await group.signOutOthers();
      group.leave();
      await replica.erase();
      forget();
      events.emit('erased', { by: 'this-tab' });
    },
    erasedElsewhere: async () => {
      life.isErased = true;
      await stop(new DraftDiscardedError('the user signed out in another tab')).catch(() => undefined);
      group.leave();
      forget();
      events.emit('erased', { by: 'another-tab' });
    },
  };
}
