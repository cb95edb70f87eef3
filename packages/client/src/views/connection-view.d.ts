import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import type { Connection } from '../connection/connection.ts';
import type { SyncStatus } from '../sync/sync.ts';
import { type View } from './view.ts';
export declare function createConnectionView(running: () => boolean, sync: () => SyncStatus, connection: Connection | undefined): View<ClientConnectionState> & {
    change(): void;
};
