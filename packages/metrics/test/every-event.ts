import { DeploymentError, type NodeId, TidemarkError, type UserId } from '@tidemark/core';
import type { ServerEvents } from '@tidemark/server';

const userId = 'somebody' as UserId;
const nodeId = 'node-1' as NodeId;
const error = new TidemarkError('not_a_member', 'secret');
const lost = { conversationId: 'd:somebody,other', conversationSeq: 1 } as ServerEvents['store-set-back']['lost'];

/** One of each event: the compiler names the one that is missing. */
export const EVERY_EVENT: ServerEvents = {
  committed: { partition: 1, events: 3, messages: 2, rows: 6, commands: 2, ms: 4 },
  erased: { partition: 1, messages: [] },
  published: { partition: 1, events: 1, nodes: 1, replies: 1 },
  retried: { what: 'lease', attempt: 0, delayMs: 1, error },
  conflicted: { partition: 1, conflict: 'event', attempt: 0 },
  repeated: { partition: 1, commands: 2 },
  'hook-failed': { hook: 'beforeSend', userId, error },
  rejected: { partition: 1, error },
  'set-aside': { partition: 1, entryId: '1-1', error },
  'store-failed': { reason: 'secret', error },
  'store-recovered': { ms: 500 },
  'store-set-back': { lost },
  'dead-lettered': { partition: 1, entryId: '1-1', reason: 'secret', error },
  takeover: { partition: 1, nodeId },
  released: { partition: 1, nodeId, reason: 'moved' },
  'counters-restored': { users: 2 },
  'counters-raised': { users: 2 },
  'counter-implausible': { userId, seq: 9 as never, head: 1 as never },
  completed: { partition: 1, events: 1, rows: 2 },
  'void-written': { userId, seqs: [1 as never] },
  'publish-failed': { nodeId, error },
  'stranger-refused': { what: 'command', of: 'secret' },
  'deployment-refused': { error: new DeploymentError([], 'secret') },
  'clock-refused': { aheadMs: 1, error: new DeploymentError([], 'secret') },
  'client-refused': { userId, wire: undefined, error },
  'workers-missed': { ms: 1 },
  'health-changed': { status: 'degraded', reasons: [{ what: 'store', text: 'secret' }] },
  'feed-opened': { userId, transport: 'socket' },
  'feed-closed': { userId, transport: 'socket' },
  'feed-reset': { userId, reason: 'retention' as never },
  'gap-found': { userId, cursor: 1, seen: 3, by: 'heads' },
  'slow-consumer': { userId, bufferedBytes: 1 },
  purged: { rows: 3 },
  answered: { partition: 1, ms: 12 },
  refused: { code: 'internal', userId, error },
  'load-measured': {
    partitions: 8,
    owned: [{ partition: 1, backlog: 5, lagMs: 1_500 }],
    waiting: 1,
    feeds: 2,
    users: 1,
    sockets: 2,
    bufferedBytes: 10,
    fullestSocketBytes: 8,
  },
  'rate-limited': { userId },
  'limit-reached': { limit: 'limits.frameBytes', userId },
  'close-timed-out': { ms: 1, waitingFor: [], partitions: [] },
  'listener-failed': { event: 'secret', error },
};
