import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
/** Pings every socket of a server, and drops a peer that has neither answered nor sent anything by the next time. */
export declare class Pings {
    #private;
    constructor(sockets: WebSocketServer);
    watch(socket: WebSocket, tcp: Duplex): void;
    stop(): void;
}
