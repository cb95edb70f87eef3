import { TidemarkError } from '@tidemark/core';
import { createWakeSignal } from './abort-signal.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import { hasEnded } from './connection/connection.ts';
import { combinedState, createConnectionView } from './views/connection-view.ts';
import type { View } from './views/view.ts';

/** How the client is connected: as it is shown, and whether calls have a chance. */
export interface ClientStatus {
  readonly view: View<ClientConnectionState>;
  /** Something of connection, feed or leadership may have changed. */
  notice(): void;
  /** The state of the tab that leads, for one that follows. */
  showLeader(state: ClientConnectionState): void;
  /** Resolves when what is called is called as this user; rejects with `unavailable` after `sendTimeoutMs`. */
  confirmed(): Promise<void>;
}

export interface ClientStatusOptions {
  /** What is shown is another state than before. */
  readonly onShown: (state: ClientConnectionState) => void;
  /** Calls have a chance, or no longer. */
  readonly onOnline: (online: boolean) => void;
}

const SIGNED_OUT: ClientConnectionState = {
  state: 'signed-out',
  cause: { reason: 'nobody', detail: 'the user signed out' },
};

export function createClientStatus(context: ClientContext, options: ClientStatusOptions): ClientStatus {
  const { connection, clock, events, closing, life, sendTimeoutMs } = context;
  const confirmed = createWakeSignal();
  let ofLeader: ClientConnectionState = { state: 'connecting' };
  let wasOnline = false;
  const view = createConnectionView(() => {
    if (life.isErased) return SIGNED_OUT;
    if (!isRunning()) return { state: 'stopped' };
    return life.leadership ? combinedState(life.leadership.sync.status(), connection) : ofLeader;
  });
  let shown = view.getSnapshot();

  function isRunning(): boolean {
    return life.isStarted && !closing.aborted;
  }

  function isConfirmed(): boolean {
    return life.leadership?.sync.isConfirmed === true && (!connection || connection.getSnapshot().state === 'open');
  }

  /** True also where a call fails by itself, and where there is no connection to wait for. */
  function mayCall(): boolean {
    const { leadership } = life;
    if (!isRunning() || !leadership || isConfirmed()) return true;
    if (connection) return hasEnded(connection.getSnapshot());
    const { state } = leadership.sync.status();
    return state !== 'catching-up' && (state !== 'connecting' || leadership.sync.limits !== undefined);
  }

  function notice(): void {
    view.change();
    const now = view.getSnapshot();
    if (now !== shown) {
      // How far a catch-up has come is for the view.
      const isEvent = now.state !== 'catching-up' || shown.state !== 'catching-up';
      shown = now;
      if (isEvent) events.emit('connection', now);
      options.onShown(now);
    }
    if (mayCall()) confirmed.wake();
    const online = isRunning() && isConfirmed();
    if (online === wasOnline) return;
    wasOnline = online;
    options.onOnline(online);
  }

  return {
    view,
    notice,
    showLeader: (state) => {
      ofLeader = state;
      notice();
    },
    confirmed: async () => {
      if (mayCall()) return;
      await clock.sleep(sendTimeoutMs, confirmed.signal);
      if (!mayCall()) {
        throw new TidemarkError('unavailable', `not connected within ${sendTimeoutMs} ms (sendTimeoutMs)`);
      }
    },
  };
}
