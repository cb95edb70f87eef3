import type { ConnectionState } from './connection.ts';

export type ConnectionStateName = ConnectionState['state'];

/** What happens to a connection, from the application, the network and the server. */
export type ConnectionEvent =
  /** The application wants it open. */
  | 'open'
  /** An attempt to connect begins. */
  | 'attempt'
  /** The attempt failed, or the socket is gone again; the next attempt has its time. */
  | 'wait'
  /** Calls get through: a socket is open, or the fallback was answered. */
  | 'up'
  /** The last road on which calls got through is gone. */
  | 'down'
  | 'network gone'
  | 'network back'
  /** The identity was refused twice in a row, or there is none. */
  | 'refused'
  /** The server ended this session for good. */
  | 'kicked'
  | 'close';

/** Whatever was on the way when a connection ended changes nothing any more; only the application does. */
const ended = (state: ConnectionStateName) =>
  ({
    open: 'connecting',
    attempt: state,
    wait: state,
    up: state,
    down: state,
    'network gone': state,
    'network back': state,
    refused: state,
    kicked: state,
    close: 'closed',
  }) as const;

const endings = { refused: 'signed-out', kicked: 'kicked', close: 'closed' } as const;

/**
 * Where each event leads from each state. A second socket beside an open one (renewal, a socket in doubt, a probe while
 * the fallback carries) attempts, waits and fails within `open`: only `down` tells that nothing carries any more.
 */
export const CONNECTION_TABLE: Record<ConnectionStateName, Record<ConnectionEvent, ConnectionStateName>> = {
  idle: ended('idle'),
  connecting: {
    open: 'connecting',
    attempt: 'connecting',
    wait: 'waiting',
    up: 'open',
    down: 'connecting',
    'network gone': 'offline',
    'network back': 'connecting',
    ...endings,
  },
  open: {
    open: 'open',
    attempt: 'open',
    wait: 'open',
    up: 'open',
    down: 'connecting',
    'network gone': 'offline',
    'network back': 'open',
    ...endings,
  },
  waiting: {
    open: 'waiting',
    attempt: 'connecting',
    wait: 'waiting',
    up: 'open',
    down: 'waiting',
    'network gone': 'offline',
    'network back': 'connecting',
    ...endings,
  },
  offline: {
    open: 'offline',
    attempt: 'offline',
    wait: 'offline',
    up: 'offline',
    down: 'offline',
    'network gone': 'offline',
    'network back': 'connecting',
    ...endings,
  },
  'signed-out': ended('signed-out'),
  kicked: ended('kicked'),
  closed: ended('closed'),
};
