import {
  type Command,
  type CommandResult,
  type ConversationId,
  createIdSource,
  DEFAULT_LIMITS,
  type InboxEntry,
  type NodeId,
  type Storage,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { seededRandom } from '@tidemark/testkit';
import type { Permissions } from '../../src/features/deciding.ts';
import { Health } from '../../src/health.ts';
import { InboxReader } from '../../src/inbox/inbox-reader.ts';
import { SeqAllocator } from '../../src/inbox/seq-allocator.ts';
import { VoidFiller } from '../../src/inbox/void-filler.ts';
import { encodeEnvelope } from '../../src/ingress/envelope.ts';
import type { PartitionReader } from '../../src/ingress/ingress-stream.ts';
import { LimitEvents } from '../../src/limit-events.ts';
import { createMemoryBackplaneState, type MemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import type { NodeFrame, Reply } from '../../src/notify/node-frame.ts';
import { Publisher } from '../../src/notify/publisher.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { SetBackWatch } from '../../src/store/set-back-watch.ts';
import { durableRefusals } from '../../src/transfer/durable-refusals.ts';
import { FairQueue } from '../../src/transfer/fair-queue.ts';
import { Recovery } from '../../src/transfer/recovery.ts';
import { StoreHealth } from '../../src/transfer/store-health.ts';
import { Transfer } from '../../src/transfer/transfer.ts';
import { flushPromises, ManualClock } from './manual-clock.ts';

export const RETENTION = 14 * 24 * 3_600_000;

export interface WriterOptions {
  readonly permissions?: Permissions;
  readonly storage?: Storage;
  /** What processes share; a writer on another's state is another process of the same deployment. */
  readonly shared?: MemoryBackplaneState;
  readonly clock?: ManualClock;
  /** Writers of one partition follow each other; writers of two are at work at once. */
  readonly partition?: number;
  readonly nodeId?: string;
  readonly attempts?: number;
  readonly parkAfterMs?: number;
  readonly inboxMembers?: number;
  readonly revokeWindowMs?: number;
  readonly mentionAllMembers?: number;
  readonly batchRows?: number;
  readonly batchBytes?: number;
  readonly commandBytes?: number;
  /** Kinds of content of this process. Default: text. */
  readonly contentTypes?: readonly string[];
  /** Default: all conversations are this writer's. */
  readonly partitionOf?: (conversationId: ConversationId) => number;
  /** Whether the partition is still this writer's. Default: it is. */
  readonly holdsLease?: () => Promise<boolean>;
  /** What happens in the pipeline, in order, by name. */
  readonly trace?: string[];
}

let calls = 0;

/** The stages from the queue to the notice of one partition, put together as `createMessaging` does, over memory. */
export function openWriter(options: WriterOptions = {}) {
  const { clock = new ManualClock(), shared = createMemoryBackplaneState(), partition = 0, trace = [] } = options;
  const nodeId = (options.nodeId ?? 'node') as NodeId;
  const plain = options.storage ?? memoryStorage();
  const storage: Storage = {
    ...plain,
    commit: async (batch) => {
      trace.push('commit');
      const outcome = await plain.commit(batch);
      trace.push(outcome.conflict ? `conflict ${outcome.conflict}` : 'committed');
      return outcome;
    },
  };
  const backplane = memoryBackplane({ partitions: 2, backlog: 10_000, deadLetters: 100, shared, clock });
  const events = new ServerEventBus();
  const random = seededRandom(1);
  const replies = new Map<string, Reply>();
  const frames: NodeFrame[] = [];
  const publisher = new Publisher({
    ...backplane,
    events,
    nodeId,
    deployment: () => 'ours',
    deliverHere: (frame) => {
      trace.push('publish');
      frames.push(frame);
      for (const reply of frame.replies) replies.set(reply.call, reply);
    },
  });
  const counters = backplane.inboxSeq(storage.inbox.epoch);
  const allocator = new SeqAllocator(
    {
      ...counters,
      allocate: (counts) => {
        trace.push('allocate');
        return counters.allocate(counts);
      },
    },
    storage.inbox,
    events,
    clock,
  );
  const recovery = new Recovery({ storage, clock, events, retentionMs: RETENTION });
  const health = new Health(events);
  health.opened();
  const store = new StoreHealth({ probe: () => storage.probe(), health, events, clock });
  const setBacks = new SetBackWatch({ storage, clock, events, retentionMs: RETENTION, onSetBack: () => {} });
  const stream = backplane.ingress.open(partition);
  const reader: PartitionReader = {
    read: (limit, signal) => stream.read(limit, signal),
    readNow: (limit, signal) => stream.readNow(limit, signal),
    acknowledge: (ids) => {
      trace.push('acknowledge');
      return stream.acknowledge(ids);
    },
    removeDead: (matches) => stream.removeDead(matches),
    park: (entry, reason) => {
      trace.push('park');
      return stream.park(entry, reason);
    },
    close: () => stream.close(),
  };
  const transfer = new Transfer(partition, reader, {
    deployment: 'ours',
    permissions: options.permissions ?? { pin: 'owner', mentionAll: 'owner' },
    refusals: durableRefusals({
      shared: backplane.refusals,
      store: storage.history,
      clock,
      retentionMs: 24 * 3_600_000,
      partitionOf: options.partitionOf ?? (() => partition),
    }),
    partitionOf: options.partitionOf ?? (() => partition),
    holdsLease: options.holdsLease ?? (async () => true),
    load: (conversationIds) => storage.history.load(conversationIds),
    storage,
    allocator,
    recovery,
    publisher,
    events,
    clock,
    random,
    ids: createIdSource(random),
    mostAhead: 600_000,
    limits: {
      ...DEFAULT_LIMITS,
      inboxMembers: options.inboxMembers ?? 500,
      revokeWindowMs: options.revokeWindowMs,
      mentionAllMembers: options.mentionAllMembers ?? DEFAULT_LIMITS.mentionAllMembers,
    },
    batchRows: options.batchRows ?? 5_000,
    limitEvents: new LimitEvents(events, clock),
    commandBytes: options.commandBytes ?? 1 << 20,
    knowsContent: (type) => (options.contentTypes ?? ['text']).includes(type),
    store,
    setBacks,
    health,
    attempts: options.attempts ?? 3,
    parkAfterMs: options.parkAfterMs ?? 1_000,
    cache: { members: 1_000, commands: 100 },
  });
  const voids = new VoidFiller({ inbox: storage.inbox, clock, events, voidAfterMs: 2_000 });
  const inboxes = new InboxReader(storage, voids);

  /** Queues commands; gives the names of their calls. */
  const queue = (...commands: readonly Command[]): Promise<string[]> => queueOf(setBacks.count, commands);

  /** Queues commands as a process does that knows of so many set-backs. */
  async function queueOf(known: number, commands: readonly Command[]): Promise<string[]> {
    const names: string[] = [];
    for (const command of commands) {
      calls += 1;
      const call = `call-${calls}`;
      const envelope = { command, replyTo: nodeId, call, of: 'ours', setBacks: known };
      await backplane.ingress.append(partition, encodeEnvelope(envelope));
      names.push(call);
    }
    return names;
  }

  const fair = new FairQueue(reader, {
    weigh: (body) => transfer.weigh(body),
    batchRows: options.batchRows ?? 5_000,
    batchBytes: options.batchBytes ?? 1 << 22,
    readAhead: 10_000,
    readAheadBytes: 1 << 23,
    reached: () => {},
  });

  /** Carries out one batch of what is queued: all of it, unless that is more than a batch holds. */
  async function carryOut(signal: AbortSignal = new AbortController().signal, limit = 1_000): Promise<void> {
    const entries = await fair.read(limit, signal);
    fair.putBack(await clock.finish(transfer.carryOut(entries, signal)));
    await clock.finish(transfer.published());
  }

  /** Goes on as the partition's owner does until nothing waits apart. */
  async function carryOutAside(signal: AbortSignal = new AbortController().signal): Promise<void> {
    for (let turn = transfer.nextTurn; transfer.waitsApart; turn = transfer.nextTurn) {
      await clock.advance(Math.max(0, (turn ?? 0) - clock.monotonic()));
      await clock.finish(transfer.completeUndelivered());
      const now = new AbortController();
      const reading = fair.read(1_000, now.signal);
      await flushPromises();
      now.abort();
      fair.putBack(await clock.finish(transfer.carryOut(await reading, signal)));
      await clock.finish(transfer.published());
    }
  }

  /** What the sender of the call was told. */
  function replyTo(call: string | undefined): CommandResult | TidemarkError {
    const reply = replies.get(call ?? '');
    if (!reply) throw new Error(`nobody answered ${call}`);
    return 'result' in reply ? reply.result : reply.error;
  }

  /** Queues commands as one batch, carries it out, and gives what their senders were told. */
  async function write(...commands: readonly Command[]): Promise<(CommandResult | TidemarkError)[]> {
    const names = await queue(...commands);
    await carryOut();
    await carryOutAside();
    return names.map(replyTo);
  }

  async function inboxOf(userId: UserId): Promise<InboxEntry[]> {
    const entries = await clock.finish(inboxes.after(userId, 0, 1_000));
    if (entries === 'floor') throw new Error('retention has removed the beginning');
    return entries;
  }

  return {
    storage,
    shared,
    backplane,
    clock,
    events,
    trace,
    frames,
    transfer,
    allocator,
    counters,
    reader,
    inboxes,
    queue,
    queueOf,
    health,
    store,
    setBacks,
    carryOut,
    carryOutAside,
    write,
    replyTo,
    isAnswered: (call: string) => replies.has(call),
    inboxOf,
    /** Entries that are queued, or in work. */
    backlog: () => backplane.ingress.backlog(partition),
    deadLetters: () => shared.streams.partitions.get(partition)?.dead ?? [],
  };
}

export type Writer = ReturnType<typeof openWriter>;

/** The code of a refusal; undefined for a result. */
export function codeOf(reply: CommandResult | TidemarkError | undefined): string | undefined {
  return reply instanceof TidemarkError ? reply.code : undefined;
}
