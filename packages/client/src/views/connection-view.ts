import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import type { Connection } from '../connection/connection.ts';
import type { SyncStatus } from '../sync/sync.ts';
import { createView, type View } from './view.ts';

export function createConnectionView(
  running: () => boolean,
  sync: () => SyncStatus,
  connection: Connection | undefined,
): View<ClientConnectionState> & { change(): void } {
  return createView<ClientConnectionState>((previous) => {
    const next = running() ? combine(sync(), connection) : ({ state: 'stopped' } as const);
    return previous && isSame(previous, next) ? previous : next;
  });
}

function isSame(a: ClientConnectionState, b: ClientConnectionState): boolean {
  if (a.state === 'waiting') return b.state === 'waiting' && a.nextTryAt === b.nextTryAt;
  if (a.state === 'catching-up') return b.state === 'catching-up' && a.missing === b.missing;
  return a.state === b.state;
}

function combine(sync: SyncStatus, connection: Connection | undefined): ClientConnectionState {
  const socket = connection?.getSnapshot();
  switch (socket?.state) {
    case 'waiting':
      return { state: 'waiting', nextTryAt: socket.nextTryAt };
    case 'offline':
    case 'signed-out':
    case 'kicked':
      return { state: socket.state };
    case 'idle':
    case 'connecting':
      return { state: 'connecting' };
    case 'closed':
      return { state: 'stopped' };
    case 'open':
    case undefined:
  }
  return sync;
}
