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

/** What changes nothing is not named again in each state. */
const stay = (state: ConnectionStateName) => ({
  open: state,
  attempt: state,
  wait: state,
  up: state,
  down: state,
  'network gone': state,
  'network back': state,
  refused: state,
  kicked: state,
  close: 'closed' as const,
});

/** Whatever was on the way when a connection ended changes nothing any more; only the application does. */
const ended = (state: ConnectionStateName) => ({ ...stay(state), open: 'connecting' as const });

/** One that the application wants open, and that goes on by itself. */
const alive = (state: ConnectionStateName) => ({
  ...stay(state),
  up: 'open' as const,
  'network gone': 'offline' as const,
  refused: 'signed-out' as const,
  kicked: 'kicked' as const,
});

/**
 * Where each event leads from each state. A second socket beside an open one (renewal, a socket in doubt, a probe while
 * the fallback carries) attempts, waits and fails within `open`: only `down` tells that nothing carries any more.
 */
export const CONNECTION_TABLE: Record<ConnectionStateName, Record<ConnectionEvent, ConnectionStateName>> = {
  idle: ended('idle'),
  connecting: { ...alive('connecting'), wait: 'waiting' },
  open: { ...alive('open'), down: 'connecting' },
  waiting: { ...alive('waiting'), attempt: 'connecting', 'network back': 'connecting' },
  // What the device says of its network is a hint: a socket that opens all the same is believed.
  offline: { ...alive('offline'), 'network back': 'connecting' },
  'signed-out': ended('signed-out'),
  kicked: ended('kicked'),
  closed: ended('closed'),
};
