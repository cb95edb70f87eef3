import type { Connection } from '../connection/connection.ts';
import type { SyncStatus } from '../sync/sync.ts';
import { createView, type View } from './view.ts';

/** What a banner shows: the socket and how far the feed has come, in one. */
export type ClientConnectionState =
  /** Not started, or closed. */
  | { readonly state: 'stopped' }
  | { readonly state: 'connecting' }
  /** `nextTryAt`: milliseconds since 1970. */
  | { readonly state: 'waiting'; readonly nextTryAt: number }
  /** Connected; what was missed meanwhile is coming in. */
  | { readonly state: 'catching-up' }
  /** Connected, and everything up to now is here. */
  | { readonly state: 'live' }
  /** The identity was refused; sign in, then `connection.open()`. */
  | { readonly state: 'signed-out' };

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
    case 'signed-out':
      return { state: 'signed-out' };
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
