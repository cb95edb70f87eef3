import {
  afterErasing,
  type Command,
  type CommandId,
  type CommandResult,
  type CommitBatch,
  type ConversationId,
  type ConversationSeq,
  type ConversationState,
  commandKey,
  composeStorage,
  createIdSource,
  DEFAULT_LIMITS,
  type Event,
  evolve,
  type HistoryStore,
  type InboxEntry,
  type MessageTarget,
  NEWEST_REACTORS,
  type NodeId,
  project,
  type ReactionChanged,
  type Register,
  recipientsAsOf,
  refKey,
  registerKey,
  type Storage,
  type TidemarkError,
  type UserId,
} from '@tidemark/core';
import { memoryHistory, memoryInbox, memoryStorage } from '@tidemark/storage-memory';
import { reactorsIn, seededRandom } from '@tidemark/testkit';
import { Health } from '../../src/health.ts';
import { InboxReader } from '../../src/inbox/inbox-reader.ts';
import { SeqAllocator } from '../../src/inbox/seq-allocator.ts';
import { VoidFiller } from '../../src/inbox/void-filler.ts';
import { encodeEnvelope } from '../../src/ingress/envelope.ts';
import type { PartitionReader } from '../../src/ingress/ingress-stream.ts';
import { LimitEvents } from '../../src/limit-events.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import type { NodeFrame } from '../../src/notify/node-frame.ts';
import { Publisher } from '../../src/notify/publisher.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { SetBackWatch } from '../../src/store/set-back-watch.ts';
import { durableRefusals } from '../../src/transfer/durable-refusals.ts';
import { FairQueue } from '../../src/transfer/fair-queue.ts';
import { Recovery } from '../../src/transfer/recovery.ts';
import { StoreHealth } from '../../src/transfer/store-health.ts';
import { Transfer } from '../../src/transfer/transfer.ts';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  direct,
  edit,
  group,
  react,
  removeMembers,
  revoke,
  send,
} from '../support/commands.ts';
import { flushPromises, ManualClock } from '../support/manual-clock.ts';
import { type CallFate, GatedCalls } from './gated-calls.ts';

const USERS = [alice, bob, carol];
const VOID_AFTER = 2_000;
const RETENTION = 14 * 24 * 3_600_000;
/** Two messages to three members don't fit in a batch. */
const BATCH_ROWS = 5;

interface Worker {
  readonly name: string;
  readonly partition: number;
  readonly queue: FairQueue;
  readonly transfer: Transfer;
  readonly stop: AbortController;
  busy: boolean;
  /** Another worker has taken the partition over. */
  superseded: boolean;
  /** That happened after this worker last read from the store or asked for its lease: it cannot know. */
  unaware: boolean;
}

interface Answered {
  readonly result?: CommandResult;
  readonly error?: TidemarkError;
}

/**
 * Writers as they are (decide, transfer, allocator, recovery, voids and the reader of inboxes) in a world where a schedule
 * decides everything else: when each call of a port is let through and what becomes of it, which workers there are of a
 * partition at once (an owner that lost its lease and does not know yet writes against its successor), who is killed, when
 * Redis loses what it holds, and how time passes. Two partitions, since the inboxes of users are where they meet.
 */
export class WriterWorld {
  readonly trace: string[] = [];
  readonly clock = new ManualClock();
  readonly #calls = new GatedCalls();
  readonly #shared = createMemoryBackplaneState();
  readonly #storage: Storage;
  readonly #workers: Worker[] = [];
  readonly #commands: Command[] = [];
  readonly #calledFor = new Map<string, Command>();
  /** By command, the call whose answer its sender waits for. */
  readonly #listening = new Map<string, string>();
  readonly #excused = new Set<string>();
  readonly #onTheWay: { readonly command: Command; readonly call: string }[] = [];
  readonly #answers = new Map<string, Answered[]>();
  readonly #seen = new Map<UserId, InboxEntry[]>();
  readonly #reading = new Set<UserId>();
  readonly #ids = createIdSource(seededRandom(1));
  readonly #backplane: ReturnType<typeof memoryBackplane>;
  #made = 0;

  constructor(kind: 'atomic' | 'composed') {
    this.#storage =
      kind === 'atomic' ? memoryStorage() : composeStorage({ history: memoryHistory(), inbox: memoryInbox() });
    this.#backplane = memoryBackplane({
      partitions: 2,
      backlog: 1_000,
      deadLetters: 100,
      shared: this.#shared,
      clock: this.clock,
    });
    for (const userId of USERS) {
      this.#seen.set(userId, []);
      void this.#backplane.presence.join([userId], 'gateway' as NodeId, 1e12);
    }
  }

  // ── What a schedule may do ───────────────────────────────────────────────────────────────────────────────────────

  async submit(pick: number): Promise<void> {
    const actor = USERS[pick % 3] as UserId;
    const other = USERS[(pick + 1) % 3] as UserId;
    const commandId = `c${this.#commands.length}` as CommandId;
    const kinds: readonly (() => Command)[] = [
      () => send(actor, direct, { commandId }),
      () => send(actor, group, { commandId }),
      () => createGroup(actor, [other], { commandId }),
      () => send(actor, group, { commandId }),
      () => addMembers(actor, [other], { commandId }),
      () => removeMembers(actor, [other], { commandId }),
      () => removeMembers(actor, [actor], { commandId }),
      () =>
        edit(actor, direct, this.#targetFor(actor, pick), { commandId, ...(pick % 2 === 0 && { expectedVersion: 1 }) }),
      () => edit(actor, direct, this.#targetFor(actor, pick), { commandId }),
      () => send(actor, direct, { commandId }),
      () => edit(actor, direct, this.#targetFor(actor, pick), { commandId }),
      () => revoke(actor, direct, [this.#targetFor(actor, pick)], { commandId }),
      () => react(actor, direct, this.#targetFor(other, pick), { commandId, on: pick % 4 > 0 }),
      () => react(actor, direct, this.#targetFor(actor, pick), { commandId, on: pick % 4 > 1 }),
    ];
    const command = (kinds[Math.floor(pick / 3) % kinds.length] as () => Command)();
    this.#commands.push(command);
    await this.#post(command, pick);
  }

  /** One of the actor's first messages, so that edits meet; it may not be sent yet, or never. */
  #targetFor(senderId: UserId, pick: number): MessageTarget {
    const sent = this.#commands.filter(
      ({ type, actorId, conversationId }) =>
        type === 'message.send' && actorId === senderId && conversationId === direct,
    );
    if (pick % 5 === 0) return { seq: (2 + (pick % 3)) as ConversationSeq };
    const clientMessageId = sent[pick % Math.max(1, Math.min(2, sent.length))]?.commandId;
    return { senderId, clientMessageId: clientMessageId ?? ('none' as CommandId) };
  }

  /** The sender has heard nothing, and tries again under the same id. */
  async resubmit(pick: number): Promise<void> {
    const open = this.#commands.filter((command) => !this.#answers.has(commandKey(command)));
    const command = open[pick % Math.max(1, open.length)];
    if (command) await this.#post(command, pick);
  }

  /** A call that stood still on its way to the queue gets there, perhaps long after its sender has tried again. */
  async arrive(pick: number): Promise<void> {
    const [late] = this.#onTheWay.splice(pick % Math.max(1, this.#onTheWay.length), 1);
    if (late) await this.#append(late.command, late.call);
  }

  /** A worker opens a partition; one that has it already stays at work until it is killed or learns that it lost it. */
  open(pick: number): void {
    const partition = pick % 2;
    if (this.#workers.filter((worker) => worker.partition === partition).length >= 2) return;
    this.#made += 1;
    const name = `worker ${this.#made}`;
    this.trace.push(`${name} opens partition ${partition}`);
    for (const worker of this.#workers) {
      if (worker.partition === partition) Object.assign(worker, { superseded: true, unaware: true });
    }
    this.#workers.push(this.#startWorker(name, partition));
  }

  /** An idle worker takes what is queued and begins to carry it out. */
  async begin(pick: number): Promise<void> {
    const idle = this.#workers.filter((worker) => !worker.busy);
    const worker = idle[pick % Math.max(1, idle.length)];
    if (!worker) return;
    const now = new AbortController();
    worker.busy = true;
    const reading = worker.queue.read((pick % 3) + 1, now.signal);
    await flushPromises();
    now.abort();
    const entries = await reading;
    this.trace.push(`${worker.name} begins with ${entries.map((entry) => entry.id).join(' ') || 'nothing'}`);
    const ended = (): void => {
      worker.busy = false;
    };
    const work = async () => {
      await worker.transfer.completeUndelivered();
      worker.queue.putBack(await worker.transfer.carryOut(entries, worker.stop.signal));
    };
    void work().then(ended, (error: unknown) => {
      this.trace.push(`${worker.name} gave up: ${error}`);
      this.#remove(worker);
    });
    await flushPromises();
  }

  async call(pick: number, fate: CallFate): Promise<void> {
    const happened = await this.#calls.step(pick, fate);
    if (happened) this.trace.push(happened);
    await flushPromises();
  }

  /** The heartbeat of a worker finds that the partition is another's: it stops at the next chance. */
  lose(pick: number): void {
    const worker = this.#workers[pick % Math.max(1, this.#workers.length)];
    if (!worker) return;
    this.trace.push(`${worker.name} learns that it lost its partition`);
    worker.stop.abort();
    if (!worker.busy) this.#remove(worker);
  }

  kill(pick: number): void {
    const worker = this.#workers[pick % Math.max(1, this.#workers.length)];
    if (!worker) return;
    this.trace.push(`${worker.name} is killed`);
    this.#calls.kill(worker.name);
    this.#remove(worker);
  }

  /** Redis comes back empty: counters and queued commands are gone. */
  wipe(): void {
    this.trace.push('Redis is wiped');
    this.#shared.counters.clear();
    for (const partition of this.#shared.streams.partitions.values()) partition.entries.clear();
    // What was refused before is forgotten here with the rest, and the store still knows.
    this.#shared.refusals.clear();
  }

  /** Redis evicts the counters, or comes back without its last seconds and throws them away. */
  loseCounters(): void {
    this.trace.push('counters are lost');
    this.#shared.counters.clear();
  }

  /** Two servers of Redis count at once for a moment: counters stand where they stood a few seqs ago, and are trusted. */
  setBack(pick: number): void {
    const back = (pick % 3) + 1;
    this.trace.push(`counters are set back by ${back}`);
    for (const { seqs } of this.#shared.counters.values())
      for (const [userId, seq] of seqs) seqs.set(userId, Math.max(0, seq - back));
  }

  async pass(ms: number): Promise<void> {
    this.trace.push(`${ms} ms pass`);
    await this.clock.advance(ms);
  }

  /** A device reads on from where it is; a hole is waited for, and closed. */
  async read(pick: number): Promise<void> {
    const userId = USERS[pick % USERS.length] as UserId;
    if (this.#reading.has(userId)) return;
    this.#reading.add(userId);
    const seen = this.#seen.get(userId) as InboxEntry[];
    void this.#inboxes()
      .after(userId, seen.length, 50)
      .then(
        (entries) => {
          if (entries === 'floor') throw new Error('nothing was purged, and yet the floor moved');
          for (const entry of entries) {
            if (entry.seq !== seen.length + 1) throw new Error(`${userId} was given ${entry.seq} after ${seen.length}`);
            seen.push(entry);
          }
        },
        (error: unknown) => this.trace.push(`reading of ${userId} failed: ${error}`),
      )
      .finally(() => this.#reading.delete(userId));
    await flushPromises();
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything works from here on: each command is repeated until it is answered, and everybody reads to the end. */
  async drain(): Promise<void> {
    this.trace.push('everything is healed');
    for (const worker of this.#workers) if (worker.superseded) worker.stop.abort();
    for (let round = 0; round < 40; round += 1) {
      for (const partition of [0, 1])
        if (!this.#workers.some((each) => each.partition === partition)) this.open(partition);
      for (const worker of this.#workers) if (!worker.busy && worker.stop.signal.aborted) this.#remove(worker);
      for (let index = 0; index < 20; index += 1) await this.begin(index);
      for (let index = 0; index < 400 && this.#calls.size > 0; index += 1) await this.call(0, 'answered');
      await this.clock.advance(VOID_AFTER);
      const isIdle = this.#workers.every((worker) => !worker.busy) && this.#calls.size === 0;
      const open = this.#commands.filter((command) => !this.#answers.has(commandKey(command)));
      if (!isIdle || (await this.#backlog()) > 0) continue;
      if (open.length > 0) for (const command of open) await this.#append(command, this.#call(command));
      else if (this.#onTheWay.length > 0) await this.arrive(0);
      else if (await this.#everythingRead()) return;
    }
    throw new Error('it did not come to rest');
  }

  async #backlog(): Promise<number> {
    const { ingress } = this.#backplane;
    return (await ingress.backlog(0)) + (await ingress.backlog(1));
  }

  async #everythingRead(): Promise<boolean> {
    const heads = await this.#storage.inbox.bounds(USERS);
    let all = true;
    for (const [index, userId] of USERS.entries()) {
      if ((this.#seen.get(userId)?.length ?? 0) >= (heads.get(userId)?.head ?? 0)) continue;
      all = false;
      await this.read(index);
    }
    return all;
  }

  /** What must hold after `drain`, whatever the schedule was. */
  async judge(): Promise<void> {
    const logs = await this.#logs();
    const events = [...logs.values()].flat();
    this.#judgeLogs(logs);
    for (const log of logs.values()) await this.#judgeRegisters(log);
    this.#judgeAnswers(new Map(events.map((event) => [`${event.actorId} ${event.commandId}`, event])));
    this.#judgeInboxes(events);
  }

  #judgeLogs(logs: Map<string, Event[]>): void {
    for (const log of logs.values()) {
      let state: ConversationState | undefined;
      for (const [index, event] of log.entries()) {
        if (event.conversationSeq !== index + 1)
          throw new Error(`the log has ${event.conversationSeq} at ${index + 1}`);
        state = evolve(state, event);
      }
      const keys = log.flatMap((event) => (event.commandId === null ? [] : [`${event.actorId} ${event.commandId}`]));
      if (new Set(keys).size !== keys.length) throw new Error('a command has two events');
    }
  }

  /** Each edit follows the one before it, the last one of each message stands, and nothing is left of what was revoked. */
  async #judgeRegisters(log: readonly Event[]): Promise<void> {
    if (JSON.stringify(afterErasing(log)) !== JSON.stringify(log)) throw new Error('the log says what was revoked');
    const versions = new Map<number, number>();
    for (const event of log) {
      if (event.type !== 'message.edited') continue;
      const message = log[event.targetSeq - 1];
      if (message?.type !== 'message.sent' || message.actorId !== event.actorId)
        throw new Error(`${event.actorId} edited ${event.targetSeq}, which is no message of theirs`);
      if (event.version !== (versions.get(event.targetSeq) ?? 1) + 1)
        throw new Error(`the log has version ${event.version} of ${event.targetSeq} out of turn`);
      versions.set(event.targetSeq, event.version);
    }
    for (const event of log) if (event.type === 'reaction.changed') this.#judgeReaction(event, log);
    const registers = project(log).registers.filter(({ value }) => value !== null);
    const stored = await this.#storage.history.findRegisters(registers);
    const text = (all: readonly Register[]) => JSON.stringify(all.map((each) => [registerKey(each), each]).sort());
    if (text(stored) !== text(registers)) throw new Error('the registers are not what the log says');
  }

  /** It changes something, and its count is that of those who have it on then. */
  #judgeReaction(
    { targetSeq, conversationSeq, key, actorId, on, count, newest }: ReactionChanged,
    log: readonly Event[],
  ): void {
    const before = reactorsIn(log.slice(0, conversationSeq - 1), targetSeq).get(key)?.users ?? [];
    if (before.includes(actorId) === on)
      throw new Error(`${actorId} switched ${key} at ${conversationSeq} to what it was`);
    const users = reactorsIn(log.slice(0, conversationSeq), targetSeq).get(key)?.users ?? [];
    if (count !== users.length || newest.join() !== users.slice(0, NEWEST_REACTORS).join())
      throw new Error(`the event at ${conversationSeq} counts ${count}, and there are ${users.length}`);
  }

  #judgeAnswers(caused: ReadonlyMap<string, Event>): void {
    for (const command of this.#commands) {
      const key = commandKey(command);
      const answers = this.#answers.get(key) ?? [];
      const first = answers[0];
      const event = caused.get(key);
      if (!first) throw new Error(`${key} was never answered`);
      for (const { result } of answers) {
        if (!result) continue;
        if (first.result && JSON.stringify(result) !== JSON.stringify(first.result) && event) {
          throw new Error(`${key} has two receipts`);
        }
        if (command.type !== 'message.send') continue;
        if (event?.type !== 'message.sent' && event?.type !== 'message.erased')
          throw new Error(`${key} has a receipt and is not stored`);
        if (event.messageId !== result.messageId || event.conversationSeq !== result.conversationSeq) {
          throw new Error(`the receipt of ${key} is not of its event`);
        }
      }
      // The sender believes the first answer: what was refused for good must not happen afterwards.
      if (first.error && event && !this.#excused.has(key))
        throw new Error(`${key} was refused (${first.error.code}), and happened all the same`);
    }
  }

  #judgeInboxes(events: readonly Event[]): void {
    const { joined, left } = project(events);
    const stays = joined.map((stay) => ({ ...stay }));
    for (const { conversationId, userId, leftSeq } of left) {
      const open = stays.find(
        (each) => each.conversationId === conversationId && each.userId === userId && !each.leftSeq,
      );
      if (open) open.leftSeq = leftSeq;
    }
    const expected = new Map<UserId, Set<string>>(USERS.map((userId) => [userId, new Set()]));
    for (const event of events)
      for (const userId of recipientsAsOf(stays, event)) expected.get(userId)?.add(refKey(event));
    for (const userId of USERS) {
      const entries = (this.#seen.get(userId) ?? []).flatMap(({ event }) => (event ? [event] : []));
      const found = entries.map(refKey);
      const wanted = expected.get(userId) as Set<string>;
      if (new Set(found).size !== found.length) throw new Error(`${userId} has an event twice`);
      for (const key of wanted) if (!found.includes(key)) throw new Error(`${userId} misses ${key}`);
      for (const key of found) if (!wanted.has(key)) throw new Error(`${userId} was given ${key}, which is not theirs`);
      const last = new Map<string, number>();
      for (const event of entries) {
        if (event.conversationSeq < (last.get(event.conversationId) ?? 0))
          throw new Error(`${userId} reads out of order`);
        last.set(event.conversationId, event.conversationSeq);
      }
    }
  }

  // ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** One call in three stands still on its way. */
  async #post(command: Command, pick: number): Promise<void> {
    const call = this.#call(command);
    if (pick % 3 === 0) this.#onTheWay.push({ command, call });
    else await this.#append(command, call);
  }

  #call(command: Command): string {
    const call = `call ${this.#calledFor.size + 1}`;
    this.#calledFor.set(call, command);
    this.#listening.set(commandKey(command), call);
    return call;
  }

  async #append(command: Command, call: string): Promise<void> {
    this.trace.push(`${call}: ${command.actorId} ${command.type} ${command.commandId} in ${command.conversationId}`);
    const body = encodeEnvelope({ command, replyTo: 'gateway' as NodeId, call, of: 'ours' });
    await this.#backplane.ingress.append(command.conversationId === group ? 0 : 1, body);
  }

  #startWorker(name: string, partition: number): Worker {
    const gate = <T extends object>(port: string, methods: T): T => this.#calls.gate(name, port, methods);
    const storage = this.#gatedStorage(name);
    const events = new ServerEventBus();
    const counters = this.#backplane.inboxSeq(storage.inbox.epoch);
    const allocator = new SeqAllocator(gate('seq', counters), storage.inbox, events, this.clock);
    const stream = this.#backplane.ingress.open(partition);
    const acknowledging = gate('stream', {
      acknowledge: (ids: readonly string[]) => stream.acknowledge(ids),
      park: (...args: Parameters<PartitionReader['park']>) => stream.park(...args),
      removeDead: (...args: Parameters<PartitionReader['removeDead']>) => stream.removeDead(...args),
    });
    const reader: PartitionReader = {
      read: (limit, signal) => stream.read(limit, signal),
      readNow: (limit, signal) => stream.readNow(limit, signal),
      close: () => stream.close(),
      ...acknowledging,
    };
    const random = seededRandom(this.#made);
    const partitionOf = (conversationId: ConversationId) => (conversationId === group ? 0 : 1);
    const lease = gate('lease', { holds: async () => this.#holds(name) });
    const health = new Health(events);
    const transfer = new Transfer(partition, reader, {
      deployment: 'ours',
      permissions: { pin: 'everybody', mentionAll: 'everybody' },
      holdsLease: () => lease.holds(),
      partitionOf,
      refusals: durableRefusals({
        shared: gate('refusals', this.#backplane.refusals),
        store: storage.history,
        clock: this.clock,
        retentionMs: RETENTION,
        partitionOf,
      }),
      load: (conversationIds) => storage.history.load(conversationIds),
      storage,
      allocator,
      recovery: new Recovery({ storage, clock: this.clock, events, retentionMs: RETENTION }),
      publisher: new Publisher({
        presence: this.#backplane.presence,
        notifier: this.#backplane.notifier,
        events,
        nodeId: 'gateway' as NodeId,
        deployment: () => 'ours',
        deliverHere: (frame) => this.#hear(name, frame),
      }),
      events,
      clock: this.clock,
      random,
      ids: this.#ids,
      mostAhead: 600_000,
      limits: DEFAULT_LIMITS,
      batchRows: BATCH_ROWS,
      limitEvents: new LimitEvents(events, this.clock),
      commandBytes: 1 << 20,
      knowsContent: () => true,
      store: new StoreHealth({ probe: async () => {}, health, events, clock: this.clock }),
      setBacks: new SetBackWatch({
        storage: this.#storage,
        retentionMs: RETENTION,
        onSetBack: () => {},
        events,
        clock: this.clock,
      }),
      health,
      attempts: 3,
      parkAfterMs: 1_000,
      cache: { members: 1_000, commands: 100 },
    });
    const queue = new FairQueue(reader, {
      weigh: (body) => transfer.weigh(body),
      batchRows: BATCH_ROWS,
      batchBytes: 1 << 20,
      readAhead: 10,
      readAheadBytes: 1 << 20,
      reached: () => {},
    });
    return {
      name,
      partition,
      queue,
      transfer,
      stop: new AbortController(),
      busy: false,
      superseded: false,
      unaware: false,
    };
  }

  #gatedStorage(name: string): Storage {
    const plain = this.#storage;
    const excuse = (events: readonly Event[]): void => {
      for (const event of events) this.#excuse(name, `${event.actorId} ${event.commandId}`);
    };
    const history = this.#calls.gate(name, 'history', {
      ...plain.history,
      load: (ids: readonly ConversationId[]) => this.#load(name, ids),
      append: (...[events, delivery]: Parameters<HistoryStore['append']>) => {
        excuse(events);
        return plain.history.append(events, delivery);
      },
    });
    const inbox = this.#gatedInbox(name);
    const { commit } = this.#calls.gate(name, 'storage', {
      commit: (batch: CommitBatch) => {
        excuse(batch.events);
        return plain.commit(batch);
      },
    });
    const { atomic } = plain.capabilities;
    return { ...plain, history, inbox, commit: atomic ? commit : composeStorage({ history, inbox }).commit };
  }

  /**
   * Appends in two calls, as a store that has no transactions: whoever dies between them leaves a beginning of the rows.
   * `epoch` is read when it is needed, and no call.
   */
  #gatedInbox(name: string): Storage['inbox'] {
    const { epoch, ...methods } = { ...this.#storage.inbox, epoch: this.#storage.inbox.epoch };
    const { append, ...gated } = this.#calls.gate(name, 'inbox', methods);
    return {
      ...gated,
      epoch,
      append: async (rows) => {
        const middle = Math.ceil(rows.length / 2);
        const { conflict } = await append(rows.slice(0, middle));
        return conflict || middle === rows.length ? { conflict } : append(rows.slice(middle));
      },
    };
  }

  /**
   * A worker that was superseded between asking for its lease and writing. Leases can't fence that, and no key of the store
   * is shared by a refusal and an event.
   */
  #excuse(name: string, key: string): void {
    if (this.#workers.find((each) => each.name === name)?.unaware) this.#excused.add(key);
  }

  #load(name: string, ids: readonly ConversationId[]): Promise<Map<ConversationId, ConversationState>> {
    this.#holds(name);
    return this.#storage.history.load(ids);
  }

  #holds(name: string): boolean {
    const worker = this.#workers.find((each) => each.name === name);
    if (worker) worker.unaware = false;
    return worker?.superseded === false;
  }

  /** What is announced was stored before, at the seqs it is announced with. */
  #hear(name: string, frame: NodeFrame): void {
    for (const reply of frame.replies) {
      const command = this.#calledFor.get(reply.call) as Command;
      const key = commandKey(command);
      this.#excuse(name, key);
      // Whoever tries again no longer listens for what became of the call before.
      if (this.#listening.get(key) !== reply.call) continue;
      const answers = this.#answers.get(key) ?? [];
      answers.push('result' in reply ? { result: reply.result } : { error: reply.error });
      this.#answers.set(key, answers);
    }
    for (const { event, to } of frame.deliveries) {
      for (const [userId, seq] of to) {
        void this.#storage.inbox.range(userId, seq - 1, 1).then(([row]) => {
          if (row?.seq !== seq || !row.ref || refKey(row.ref) !== refKey(event)) {
            this.trace.push('BROKEN');
            this.#brokenBy = new Error(
              `${refKey(event)} was announced to ${userId} at ${seq}, where the store has another`,
            );
          }
        });
      }
    }
  }

  #brokenBy: Error | undefined;

  #inboxes(): InboxReader {
    const inbox = this.#gatedInbox('reader');
    const voids = new VoidFiller({ inbox, clock: this.clock, events: new ServerEventBus(), voidAfterMs: VOID_AFTER });
    return new InboxReader({ ...this.#storage, inbox }, voids);
  }

  #remove(worker: Worker): void {
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }

  async #logs(): Promise<Map<string, Event[]>> {
    if (this.#brokenBy) throw this.#brokenBy;
    const logs = new Map<string, Event[]>();
    for (const conversationId of [group, direct]) {
      const state = (await this.#storage.history.load([conversationId])).get(conversationId);
      const refs = Array.from({ length: state?.head ?? 0 }, (_, index) => ({
        conversationId,
        conversationSeq: (index + 1) as Event['conversationSeq'],
      }));
      const events = await this.#storage.history.findByRef(refs);
      logs.set(
        conversationId,
        [...events].sort((a, b) => a.conversationSeq - b.conversationSeq),
      );
    }
    return logs;
  }
}
