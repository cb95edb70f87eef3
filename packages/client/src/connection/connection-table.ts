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
  /** The last transport on which calls got through is gone. */
  | 'down'
  | 'network-gone'
  | 'network-back'
  /** The identity was refused twice in a row, or there is none. */
  | 'refused'
  /** The server ended this session for good. */
  | 'kicked'
  /** Client and server are too many releases apart. */
  | 'incompatible'
  | 'close';

type Transitions = Readonly<Partial<Record<ConnectionEvent, ConnectionStateName>>>;

/** Whatever was on the way when a connection ended changes nothing any more; only the application does. */
const ENDED: Transitions = { open: 'connecting', close: 'closed' };

/** One that the application wants open, and that goes on by itself. */
const ALIVE: Transitions = {
  up: 'open',
  'network-gone': 'offline',
  refused: 'signed-out',
  kicked: 'kicked',
  incompatible: 'incompatible',
  close: 'closed',
};

/**
 * Where events lead from each state; one that is not named changes nothing. A second socket beside an open one (renewal, a
 * socket in doubt, a probe while the fallback carries) attempts, waits and fails within `open`: only `down` tells that nothing
 * carries any more.
 */
export const CONNECTION_TABLE: Readonly<Record<ConnectionStateName, Transitions>> = {
  idle: ENDED,
  connecting: { ...ALIVE, wait: 'waiting' },
  open: { ...ALIVE, down: 'connecting' },
  waiting: { ...ALIVE, attempt: 'connecting', 'network-back': 'connecting' },
  // What the device says of its network is a hint: a socket that opens all the same is believed.
  offline: { ...ALIVE, 'network-back': 'connecting' },
  'signed-out': ENDED,
  kicked: ENDED,
  incompatible: ENDED,
  closed: ENDED,
};

export function nextState(state: ConnectionStateName, event: ConnectionEvent): ConnectionStateName {
  return CONNECTION_TABLE[state][event] ?? state;
}
