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
    const same =
      previous?.state === next.state &&
      (next.state !== 'waiting' || (previous.state === 'waiting' && previous.nextTryAt === next.nextTryAt));
    return same ? previous : next;
  });
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
  if (sync.state === 'waiting') return { state: 'waiting', nextTryAt: sync.nextTryAt };
  return { state: sync.state };
}
