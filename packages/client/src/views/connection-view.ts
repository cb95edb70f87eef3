import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import type { Connection } from '../connection/connection.ts';
import type { SyncStatus } from '../sync/sync.ts';
import { createView, type View } from './view.ts';

/** The same object until something of the state changes. */
export function createConnectionView(
  state: () => ClientConnectionState,
): View<ClientConnectionState> & { change(): void } {
  return createView((previous) => {
    const next = state();
    return previous && JSON.stringify(previous) === JSON.stringify(next) ? previous : next;
  });
}

/** What the socket is, unless it is open; then how far the feed has come. */
export function combinedState(sync: SyncStatus, connection: Connection | undefined): ClientConnectionState {
  const socket = connection?.getSnapshot();
  if (!socket || socket.state === 'open') return sync;
  if (socket.state === 'idle') return { state: 'connecting' };
  return socket.state === 'closed' ? { state: 'stopped' } : socket;
}
