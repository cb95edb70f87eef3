import { describe, expect, it } from 'vitest';
import {
  CONNECTION_TABLE,
  type ConnectionEvent,
  type ConnectionStateName,
  nextState,
} from '../../src/connection/connection-table.ts';

const states = Object.keys(CONNECTION_TABLE) as ConnectionStateName[];
const events: ConnectionEvent[] = [
  'open',
  'attempt',
  'wait',
  'up',
  'down',
  'network-gone',
  'network-back',
  'refused',
  'kicked',
  'incompatible',
  'close',
];

/** Every state that some sequence of `allowed` events leads to. */
function reachableFrom(start: ConnectionStateName, allowed = events): Set<ConnectionStateName> {
  const reached = new Set([start]);
  for (const state of reached) for (const event of allowed) reached.add(nextState(state, event));
  return reached;
}

describe('the transition table of a connection', () => {
  it.each(states)('says what every event does in %s', (state) => {
    expect(events).toEqual(expect.arrayContaining(Object.keys(CONNECTION_TABLE[state])));
    for (const event of events) expect(states).toContain(nextState(state, event));
  });

  it('reaches every state from idle', () => {
    expect([...reachableFrom('idle')].sort()).toEqual([...states].sort());
  });

  it.each(states)('leads from %s to an open connection, and can be closed', (state) => {
    expect(reachableFrom(state)).toContain('open');
    expect(nextState(state, 'close')).toBe('closed');
  });

  it.each(['idle', 'signed-out', 'kicked', 'incompatible', 'closed'] as const)(
    'leaves %s for the application alone',
    (state) => {
      const others = events.filter((event) => event !== 'open' && event !== 'close');
      expect([...reachableFrom(state, others)]).toEqual([state]);
    },
  );

  it.each(['connecting', 'open', 'waiting', 'offline'] as const)(
    'goes offline from %s without a network, and tries again with one',
    (state) => {
      expect(nextState(state, 'network-gone')).toBe('offline');
      expect(nextState('offline', 'network-back')).toBe('connecting');
    },
  );

  it('stays offline whatever late sockets and timers say, but for a socket that opens: the device was wrong', () => {
    const late = events.filter((event) => ['attempt', 'wait', 'down', 'network-gone', 'open'].includes(event));
    expect(nextState('offline', 'up')).toBe('open');
    expect([...reachableFrom('offline', late)]).toEqual(['offline']);
  });

  it('stays open while a second socket tries, waits and opens beside the first', () => {
    expect([...reachableFrom('open', ['attempt', 'wait', 'up', 'network-back', 'open'])]).toEqual(['open']);
  });
});
