import { type Clock, systemClock } from '@tidemark/core';
import {
  type Backplane,
  type BackplaneOptions,
  DEFAULT_BACKLOG_BYTES,
  DEFAULT_DEAD_LETTER_RETENTION_MS,
} from './backplane.ts';
import { type MemoryClaim, memoryClaims } from './deployment/memory-claims.ts';
import { type MemoryCounters, memoryInboxSeq } from './inbox/memory-inbox-seq.ts';
import { createMemoryStreams, type MemoryStreams, memoryIngressStream } from './ingress/memory-ingress-stream.ts';
import { type MemoryRegistry, memoryNodes } from './notify/memory-nodes.ts';
import { type MemoryListeners, memoryNotifier } from './notify/memory-notifier.ts';
import { type MemoryOnline, memoryPresence } from './notify/memory-presence.ts';
import { type MemoryLeases, memoryPartitionLeases } from './transfer/memory-partition-leases.ts';
import { type MemoryRefusals, memoryRefusals } from './transfer/memory-refusals.ts';

/**
 * Everything a memory backplane knows. Backplanes on the same state behave as processes on one Redis. Made by
 * {@link createMemoryBackplaneState}; its fields are for tests and debuggers.
 */
export interface MemoryBackplaneState {
  readonly claim: MemoryClaim;
  readonly streams: MemoryStreams;
  readonly leases: MemoryLeases;
  readonly refusals: MemoryRefusals;
  readonly counters: MemoryCounters;
  readonly registry: MemoryRegistry;
  readonly online: MemoryOnline;
  readonly listeners: MemoryListeners;
}

export function createMemoryBackplaneState(): MemoryBackplaneState {
  return {
    claim: { claim: undefined, reached: { setBacks: 0, witness: '' }, processes: new Map() },
    streams: createMemoryStreams(),
    leases: new Map(),
    refusals: new Map(),
    counters: new Map(),
    registry: new Map(),
    online: new Map(),
    listeners: new Map(),
  };
}

export interface MemoryBackplaneOptions extends BackplaneOptions {
  /** State to share with other backplanes of this process; by default its own, empty. */
  readonly shared?: MemoryBackplaneState;
  /** What leases and presence expire by; the system's by default. */
  readonly clock?: Clock;
}

/** The backplane of a deployment of one process: nothing to install, and nothing outlives the process. */
export function memoryBackplane(options: MemoryBackplaneOptions): Backplane {
  const { shared: state = createMemoryBackplaneState(), clock = systemClock, backlog, deadLetters } = options;
  const { backlogBytes = DEFAULT_BACKLOG_BYTES, deadLetterRetentionMs = DEFAULT_DEAD_LETTER_RETENTION_MS } = options;
  const monotonic = (): number => clock.monotonic();
  const notifier = memoryNotifier(state.listeners);
  const queued = (): number => {
    let sum = 0;
    for (const { entries } of state.streams.partitions.values()) sum += entries.size;
    return sum;
  };
  return {
    claims: memoryClaims(state.claim, monotonic, queued),
    ingress: memoryIngressStream(state.streams, {
      backlog,
      backlogBytes,
      deadLetters,
      deadLetterRetentionMs,
      now: () => clock.now(),
    }),
    leases: memoryPartitionLeases(state.leases, monotonic),
    refusals: memoryRefusals(state.refusals),
    inboxSeq: (epoch) => memoryInboxSeq(state.counters, epoch, monotonic),
    nodes: memoryNodes(state.registry, monotonic),
    presence: memoryPresence(state.online, monotonic),
    notifier,
    close: async () => notifier.close(),
  };
}
