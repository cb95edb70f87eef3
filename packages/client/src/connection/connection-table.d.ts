import type { ConnectionState } from './connection.ts';
export type ConnectionStateName = ConnectionState['state'];
/** What happens to a connection, from the application, the network and the server. */
export type ConnectionEvent = 
/** The application wants it open. */
'open'
/** An attempt to connect begins. */
 | 'attempt'
/** The attempt failed, or the socket is gone again; the next attempt has its time. */
 | 'wait'
/** Calls get through: a socket is open, or the fallback was answered. */
 | 'up'
/** The last road on which calls got through is gone. */
 | 'down' | 'network gone' | 'network back'
/** The identity was refused twice in a row, or there is none. */
 | 'refused'
/** The server ended this session for good. */
 | 'kicked' | 'close';
/**
 * Where each event leads from each state. A second socket beside an open one (renewal, a socket in doubt, a probe while
 * the fallback carries) attempts, waits and fails within `open`: only `down` tells that nothing carries any more.
 */
export declare const CONNECTION_TABLE: Record<ConnectionStateName, Record<ConnectionEvent, ConnectionStateName>>;
