import {
  afterErasing,
  backoff,
  type ConversationId,
  type ConversationState,
  commandKey,
  definitionOf,
  type Event,
  type InboxRow,
  refKey,
  shortened,
  TidemarkError,
  UnavailableError,
} from '@tidemark/core';
import { BatchRows } from '../batch-rows.ts';
import { commandDefinitionOf } from '../features/commands.ts';
import type { Subjects } from '../features/subjects.ts';
import type { ReplyAddress } from '../ingress/envelope.ts';
import type { PartitionReader, StreamEntry } from '../ingress/ingress-stream.ts';
import type { Publication } from '../notify/publisher.ts';
import { RecentMap } from '../recent-map.ts';
import type { ErasedMessage } from '../server-events.ts';
import { textOf } from '../text-of.ts';
import { type CommandWeight, weigh } from './command-weight.ts';
import { ConversationCache } from './conversation-cache.ts';
import { readErased, saysAnyOf } from './erased.ts';
import { loadSubjects } from './load-subjects.ts';
import { type Known, type Plan, planBatch, refusalOf } from './plan-batch.ts';
import { type InvalidEntry, readEntry } from './read-entry.ts';
import { type NewRefusal, REFUSALS_KEPT, type Refusal } from './refusals.ts';
import { type SideLane, SideLanes, type Task } from './side-lanes.ts';
import type { TransferOptions } from './transfer-options.ts';

/**
 * Stage   3 transfer
 * In      a batch of one partition, in order
 * Out     events with their conversationSeq, who receives them, and a reply per command
 * Keeps   P3 repeats are found by their command, P5 one writer numbers a conversation, P6 nothing is published before
 *         the commit, P7 one bad command does not hold up the others, P12 the rules are asked again in order
 * Proved  test/transfer/*, test/e2e/*, test/fault/*
 *
 *     decide → recipients → allocate seqs → store.commit → publish + receipts → XDEL
 *
 * A batch is published and acknowledged while the next one begins.
 *
 * The first attempt trusts what this owner remembers. When the store disagrees (a conflict: another owner was faster, a
 * command was repeated, a seq is taken) or the outcome of an attempt is unknown, everything remembered is forgotten, the
 * batch's commands and conversations are looked up, and it runs again. Before a refusal is believed, its conversation is read
 * again, after the rest of the batch was carried out. A refusal is remembered for all writers before its sender gets it, so that no
 * late copy of the command is carried out after all.
 *
 * What an attempt fails with does not say whose fault it is; a probe of the store does (`StoreHealth`). While the store is ill
 * the batch waits. While it is well the batch is halved, and what fails alone waits in a lane of its own (`SideLanes`). It is
 * parked when it failed `attempts` times in a row, over `parkAfterMs`, each time with the store well for others; unless the
 * store itself says that it may pass, or has the command.
 */
export class Transfer {
  readonly #partition: number;
  readonly #reader: PartitionReader;
  readonly #options: TransferOptions;
  readonly #cache: ConversationCache;
  /** Commands that were refused for good, and how far the partition's refusals were read. */
  readonly #refused = new RecentMap<string, Refusal>(REFUSALS_KEPT);
  #refusedUpTo: string | undefined;
  /** Resolves when the last batch is published and acknowledged, or cannot be. */
  #published: Promise<void> = Promise.resolve();
  readonly #broken = new AbortController();
  /** When to ask again for undelivered events, in monotonic ms. */
  #undeliveredAt = 0;
  readonly #lanes: SideLanes;
  readonly #rows: BatchRows;
  /** What the last attempt erases, by its place. */
  #erasing: ReadonlyMap<string, ErasedMessage> = new Map();
  /** Rows of the last attempt. */
  #tried = 0;
  /** Commands that were set aside so far. */
  #asides = 0;
  /** How often the store had been set back when what is remembered of it was read. */
  #setBacks: number;

  constructor(partition: number, reader: PartitionReader, options: TransferOptions) {
    this.#partition = partition;
    this.#reader = reader;
    this.#options = options;
    this.#cache = new ConversationCache(options.cache);
    this.#lanes = new SideLanes(options.clock, options.random);
    this.#rows = new BatchRows(options.batchRows);
    this.#setBacks = options.setBacks.count;
  }

  /** Rows that a batch may have now. */
  get batchRows(): number {
    return this.#rows.now;
  }

  /** Whether commands wait apart that failed alone. */
  get waitsApart(): boolean {
    return this.#lanes.size > 0;
  }

  /** Monotonic ms at which there is something to do though nothing is queued; undefined when there is not. */
  get nextTurn(): number | undefined {
    const { due } = this.#lanes;
    if (this.#options.storage.capabilities.atomic) return due;
    return Math.min(due ?? this.#undeliveredAt, this.#undeliveredAt);
  }

  /**
   * Carries a batch out, after what waits apart and is due. Resolves when what it does is stored and what it cannot do is
   * parked, or `signal` has aborted. While that is published and acknowledged, the next batch may begin: see `published`.
   *
   * Returns the entries that it did not carry out, since the batch would have had more than `batchRows` rows.
   *
   * @throws why it is `broken`
   */
  async carryOut(entries: readonly StreamEntry[], signal: AbortSignal): Promise<readonly StreamEntry[]> {
    this.broken.throwIfAborted();
    const tasks: Task[] = await this.#retryAside(signal);
    for (const entry of entries) {
      const task = readEntry(entry, this.#partition, this.#options);
      if ('envelope' in task) tasks.push(task);
      else await this.#refuseEntry(entry, task, signal);
    }
    const left = tasks.length > 0 ? await this.#persist(tasks, signal) : [];
    if (left.length > 0) this.#options.limitEvents.reached('tuning.batchRows', { partition: this.#partition });
    return left;
  }

  /** What the command of an entry weighs: for the one who forms the batches. */
  weigh(body: string): CommandWeight {
    // One that is too long is refused unread.
    const read = body.length > this.#options.commandBytes ? '' : body;
    return weigh(read, (conversationId) => this.#cache.state(conversationId as ConversationId)?.members.size);
  }

  async #refuseEntry(entry: StreamEntry, { address, reason, error }: InvalidEntry, signal: AbortSignal): Promise<void> {
    if (reason !== undefined) await this.#parkEntry(entry, reason, error, signal);
    else await this.#untilDone('acknowledge', signal, () => this.#reader.acknowledge([entry.id]));
    if (address) await this.#answer(address, error);
  }

  /** Resolves when what was carried out is published and acknowledged, or cannot be, or the signal of its batch has aborted. */
  published(): Promise<void> {
    return this.#published;
  }

  /** Aborts when something that was carried out cannot be published and acknowledged: it is to be read from the queue again. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /**
   * Finishes what a crash left half done and nobody asks for again. Now, every UNDELIVERED_EVERY ms, and UNDELIVERED_SOON after a
   * failure.
   */
  async completeUndelivered(): Promise<void> {
    const { storage, clock, recovery, allocator, partitionOf, holdsLease, events } = this.#options;
    if (storage.capabilities.atomic || clock.monotonic() < this.#undeliveredAt) return;
    this.#undeliveredAt = clock.monotonic() + UNDELIVERED_EVERY;
    const isHere = (conversationId: ConversationId): boolean => partitionOf(conversationId) === this.#partition;
    try {
      await recovery.completeUndelivered(this.#partition, isHere, holdsLease, allocator);
    } catch (error) {
      this.#completeSoon();
      const delayMs = this.#undeliveredAt - clock.monotonic();
      events.emit('retried', { what: 'complete', attempt: 0, delayMs, error, partition: this.#partition });
    }
  }

  #completeSoon(): void {
    this.#undeliveredAt = Math.min(this.#undeliveredAt, this.#options.clock.monotonic() + UNDELIVERED_SOON);
  }

  /**
   * Returns the entries that did not fit.
   *
   * @param suspicious what is remembered of these tasks is not to be trusted
   * @param unsure an attempt with these tasks, among others, has failed: its outcome is unknown
   */
  async #persist(
    given: readonly Task[],
    signal: AbortSignal,
    { suspicious = false, unsure = false } = {},
  ): Promise<StreamEntry[]> {
    const tasks = this.#lanes.pass(unsure ? given.map(again) : given);
    if (tasks.length === 0) return [];
    // With the store well afterwards: an outage that has just ended says nothing about the batch.
    let failures = 0;
    let isUnsure = unsure || tasks.some((task) => task.entry.redelivered);
    let isSuspicious = suspicious || isUnsure;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const { done, left, doubtful, conflict } = await this.#attempt(tasks, isSuspicious, isUnsure, unsure);
        if (done) {
          this.#options.store.committed();
          this.#rows.stored(this.#tried);
          await this.#publish(done, tasks.slice(0, tasks.length - left.length), signal);
          return (isSuspicious ? left.map(again) : left).map(({ entry }) => entry);
        }
        if (doubtful) return await this.#persistApart(tasks, doubtful, signal);
        isSuspicious = true;
        this.#options.events.emit('conflicted', { partition: this.#partition, conflict, attempt });
        this.#cache.clear();
        if (conflict === 'entry') await this.#options.allocator.afterConflict();
        if (attempt >= 3) await this.#wait(attempt, undefined, signal);
      } catch (error) {
        this.#cache.clear();
        isSuspicious = true;
        isUnsure = true;
        this.#options.store.failed();
        this.#options.setBacks.failed();
        this.#completeSoon();
        failures = (await this.#isWell()) ? failures + 1 : 0;
        const mayPass = error instanceof UnavailableError;
        if (failures >= 2 && mayPass) this.#rows.tooMany(this.#tried);
        if (tasks.length > 1 && failures >= (mayPass ? 2 : 1)) return await this.#halve(tasks, signal);
        if (failures >= 2) return this.#setAside(tasks[0] as Task, error);
        await this.#wait(attempt, error, signal);
      }
    }
    return [];
  }

  /** The store is asked about the doubtful conversations alone, after the others are carried out: these do not wait for it. */
  async #persistApart(
    tasks: readonly Task[],
    doubtful: ReadonlySet<ConversationId>,
    signal: AbortSignal,
  ): Promise<StreamEntry[]> {
    const isDoubtful = ({ envelope }: Task): boolean => doubtful.has(envelope.command.conversationId);
    const certain = tasks.filter((task) => !isDoubtful(task));
    const left = certain.length > 0 ? await this.#persist(certain, signal) : [];
    return [...left, ...(await this.#persist(tasks.filter(isDoubtful), signal, { suspicious: true }))];
  }

  /**
   * The sentence.
   *
   * @param suspicious memory may mislead: commands and states are read from the store
   * @param unsure some of the commands may have been committed, and never announced
   * @param bare without the voids that others left behind: it, or the batch it was part of, failed while the store was well
   */
  async #attempt(tasks: readonly Task[], suspicious: boolean, unsure: boolean, bare: boolean): Promise<Attempted> {
    const { storage, allocator, clock, setBacks, events: told } = this.#options;
    const started = clock.monotonic();
    const standing = setBacks.current();
    // Looked at before anything is written.
    standing.catch(() => {});
    const { states, isFresh } = await this.#load(tasks, suspicious);
    // After the states: what another writer commits in between is found, and is not taken for what others did.
    const known = suspicious ? await this.#lookUp(tasks) : undefined;
    const subjects = await loadSubjects(
      storage.history,
      tasks.map(({ envelope }) => envelope.command),
    );
    const plan = this.#plan(tasks, states, known, subjects);
    if (!suspicious && plan.doubtful.size > 0) return { doubtful: plan.doubtful };
    if (isFresh && !(await this.#options.holdsLease())) {
      throw new UnavailableError(`partition ${this.#partition} is written by another worker`);
    }
    const recovered = await this.#options.recovery.complete(plan.repeats, unsure, allocator);
    const erased = await this.#readErased(plan);
    const rows = await allocator.allocate(plan.deliveries, isFresh, bare ? 0 : this.#roomForVoids(plan));
    this.#tried = rows.length + recovered.rows.length;
    if (await this.#isSetBack(standing)) return { conflict: 'event' };
    if (plan.events.length > 0 || rows.length > 0) {
      const { conflict } = await storage.commit({ events: plan.events, rows });
      if (conflict) return { conflict };
      if (await this.#isSetBack(setBacks.committed({ events: plan.events, rows }, this.#setBacks))) {
        throw new UnavailableError('the store was set back while it took this');
      }
      allocator.committed();
      this.#cache.keep(plan.states, plan.events);
    }
    await this.#remember([...plan.refusals.values()]);
    const { replies } = plan;
    this.#report(plan, rows, replies.length, clock.monotonic() - started);
    if (erased.length > 0) told.emit('erased', { partition: this.#partition, messages: erased });
    const events = afterErasing([...recovered.events, ...plan.events]);
    const publication = { events, rows: [...recovered.rows, ...rows], setBacks: this.#setBacks, replies };
    return { done: { publication, erased }, left: tasks.slice(replies.length) };
  }

  /** Where an attempt before this one has erased them, and its outcome was unknown, with what they said then. */
  async #readErased({ repeats, events }: Plan): Promise<ErasedMessage[]> {
    const { storage, events: told } = this.#options;
    const read = await readErased(storage.history, [...repeats, ...events], told.isHeard('erased'));
    const erased = read.map((message) => {
      const before = this.#erasing.get(refKey(message));
      return before && message.contents.length === 0 ? before : message;
    });
    this.#erasing = new Map(erased.map((message) => [refKey(message), message]));
    return erased;
  }

  /** Whether what this attempt goes by may have been read before the store was set back. */
  async #isSetBack(standing: Promise<number>): Promise<boolean> {
    const before = this.#setBacks;
    this.#setBacks = await standing;
    return this.#setBacks !== before;
  }

  #roomForVoids({ deliveries }: Plan): number {
    const most = this.#rows.now;
    return Math.max(most - deliveries.length, Math.ceil(most / 4));
  }

  /**
   * Starts to publish a batch and then to acknowledge it, once the batch before is through. When the store is found set back meanwhile,
   * neither happens: what is still queued is carried out again.
   */
  async #publish({ publication, erased }: Done, tasks: readonly Task[], signal: AbortSignal): Promise<void> {
    await this.#published;
    const { setBacks, publisher } = this.#options;
    const requireCurrent = (): void => {
      if (!setBacks.isCurrent(publication.setBacks))
        throw new Error('the store was set back before this was acknowledged');
    };
    const publish = async (): Promise<void> => {
      requireCurrent();
      await publisher.publish(this.#partition, publication);
      if (erased.length > 0) await this.#untilDone('erase', signal, () => this.#reader.removeDead(saysAnyOf(erased)));
      const ids = tasks.map((task) => task.entry.id);
      await this.#untilDone('acknowledge', signal, async () => {
        requireCurrent();
        await this.#reader.acknowledge(ids);
      });
    };
    this.#published = publish().catch((error) => {
      this.#broken.abort(error);
    });
  }

  #plan(
    tasks: readonly Task[],
    states: ReadonlyMap<ConversationId, ConversationState>,
    known: Known | undefined,
    subjects: Subjects | undefined,
  ): Plan {
    const { clock, mostAhead, ids, limits, permissions, knowsContent, batchRows } = this.#options;
    return planBatch(tasks, states, known, {
      now: () => clock.now(),
      mostAhead,
      ids,
      limits,
      permissions,
      subjects,
      setBacks: this.#setBacks,
      knowsContent,
      batchRows,
      writtenRows: this.#rows.now,
      remembered: (command) => this.#cache.result(command),
      refused: (key) => this.#refused.get(key),
    });
  }

  /** `isCurrent`: some of it was not remembered, and may hold what another worker wrote. */
  async #load(
    tasks: readonly Task[],
    fresh: boolean,
  ): Promise<{ states: Map<ConversationId, ConversationState>; isFresh: boolean }> {
    const states = new Map<ConversationId, ConversationState>();
    const missing = new Set<ConversationId>();
    for (const { envelope } of tasks) {
      const { conversationId } = envelope.command;
      const state = fresh ? undefined : this.#cache.state(conversationId);
      if (state) states.set(conversationId, state);
      else missing.add(conversationId);
    }
    if (missing.size > 0) {
      const [loaded] = await Promise.all([this.#options.load([...missing]), this.#learnRefusals()]);
      await this.#options.recovery.completeTails(this.#partition, [...loaded.values()], this.#options.allocator);
      for (const [conversationId, state] of loaded) states.set(conversationId, state);
      this.#cache.keep(loaded, []);
    }
    return { states, isFresh: missing.size > 0 };
  }

  /** Those of other writers of this partition, too. */
  async #learnRefusals(): Promise<void> {
    const { refusals, position } = await this.#options.refusals.since(this.#partition, this.#refusedUpTo);
    for (const refusal of refusals) this.#refused.put(commandKey(refusal), refusal);
    this.#refusedUpTo = position;
  }

  /** Before any sender gets its answer. */
  async #remember(refusals: readonly NewRefusal[]): Promise<void> {
    if (refusals.length === 0) return;
    await this.#options.refusals.remember(this.#partition, refusals);
    for (const refusal of refusals) this.#refused.put(commandKey(refusal), refusal);
  }

  async #lookUp(tasks: readonly Task[]): Promise<Known> {
    const { history } = this.#options.storage;
    const commands = tasks.map((task) => task.envelope.command);
    const about = commands.flatMap((command) => commandDefinitionOf(command).subjects?.(command).places ?? []);
    const [found, places] = await Promise.all([
      history.findByCommand(commands),
      about.length > 0 ? history.findByRef(about) : [],
    ]);
    const events = new Map(
      found.flatMap((event) =>
        event.commandId === null ? [] : [[commandKey({ actorId: event.actorId, commandId: event.commandId }), event]],
      ),
    );
    const changed = found.filter((event) => changesMembers(event));
    const ids = [...new Set(changed.map(({ conversationId }) => conversationId))];
    const memberships = ids.length > 0 ? await history.memberships(ids) : [];
    return { events, memberships, places: new Set(places.map(refKey)) };
  }

  /** Something in the batch fails, or all of it together is too much. */
  async #halve(tasks: readonly Task[], signal: AbortSignal): Promise<StreamEntry[]> {
    const [rows, asides] = [this.#tried, this.#asides];
    const middle = Math.ceil(tasks.length / 2);
    const left = await this.#persist(tasks.slice(0, middle), signal, { unsure: true });
    const second = tasks.slice(middle);
    // After what is left, whose senders may be the same.
    if (left.length > 0) return [...left, ...second.map((task) => again(task).entry)];
    const others = await this.#persist(second, signal, { unsure: true });
    if (this.#asides === asides && !signal.aborted) this.#rows.tooMany(rows);
    return others;
  }

  /** Whether all that a command needs is well, so that what fails is its own doing. */
  async #isWell(): Promise<boolean> {
    if (await this.#options.store.check()) return false;
    try {
      await this.#learnRefusals();
      return await this.#options.holdsLease();
    } catch {
      return false;
    }
  }

  #setAside(task: Task, error: unknown): StreamEntry[] {
    const { store, events } = this.#options;
    this.#asides += 1;
    this.#lanes.open(task, store.mark);
    events.emit('set-aside', { partition: this.#partition, entryId: task.entry.id, error });
    this.#reportLanes(error);
    return [];
  }

  #reportLanes(error: unknown): void {
    const { health } = this.#options;
    const cause = `partition ${this.#partition}`;
    const { size } = this.#lanes;
    if (size === 0) health.well(cause);
    else health.trouble(cause, `${size} commands fail alone and are tried again: ${shortened(textOf(error))}`);
  }

  /** Tries what is due, each alone, for a while. Gives those that waited behind what has ended. */
  async #retryAside(signal: AbortSignal): Promise<Task[]> {
    const { clock } = this.#options;
    const until = clock.monotonic() + TURN;
    const freed: Task[] = [];
    for (let lane = this.#lanes.next(); lane && !signal.aborted; lane = this.#lanes.next()) {
      freed.push(...(await this.#retry(lane, signal)));
      if (clock.monotonic() >= until) break;
    }
    return freed;
  }

  async #retry(lane: SideLane, signal: AbortSignal): Promise<readonly Task[]> {
    const { clock, allocator, store, events } = this.#options;
    const began = clock.monotonic();
    let failure: unknown;
    try {
      const { done, conflict } = await this.#attempt([lane.suspect], true, true, true);
      if (done) {
        store.committed();
        await this.#publish(done, [lane.suspect], signal);
        // Others may have failed for the same reason.
        this.#lanes.hurry();
        return this.#close(lane);
      }
      this.#cache.clear();
      if (conflict === 'entry') await allocator.afterConflict();
    } catch (error) {
      failure = error;
      this.#cache.clear();
      this.#options.setBacks.failed();
      this.#completeSoon();
      if (await this.#isItsOwnFault(lane, error)) {
        await this.#park(lane.suspect, error, signal);
        return this.#close(lane);
      }
      this.#reportLanes(error);
    }
    const delayMs = this.#lanes.putOff(lane, clock.monotonic() - began);
    const attempt = lane.tries;
    events.emit('retried', { what: 'carry-out', attempt, delayMs, error: failure, partition: this.#partition });
    return [];
  }

  #close(lane: SideLane): readonly Task[] {
    const freed = this.#lanes.close(lane);
    this.#reportLanes(undefined);
    return freed;
  }

  /** Only evidence parks: failure and success took turns often enough and for long enough. What is stored is never parked. */
  async #isItsOwnFault(lane: SideLane, error: unknown): Promise<boolean> {
    const { store, clock, attempts, parkAfterMs, storage } = this.#options;
    // The store itself says that it may pass.
    if (error instanceof UnavailableError) return false;
    const othersWentWell = store.wentWellSince(lane.mark);
    const isWell = await this.#isWell();
    lane.mark = store.mark;
    if (!othersWentWell || !isWell) {
      lane.failures = 0;
      return false;
    }
    if (lane.failures === 0) lane.since = clock.monotonic();
    lane.failures += 1;
    if (lane.failures < attempts || clock.monotonic() - lane.since < parkAfterMs) return false;
    try {
      return (await storage.history.findByCommand([lane.suspect.envelope.command])).length === 0;
    } catch {
      return false;
    }
  }

  async #park({ entry, envelope }: Task, error: unknown, signal: AbortSignal): Promise<void> {
    await this.#parkEntry(entry, textOf(error), error, signal);
    const refusal = new TidemarkError('dead_lettered', 'the command failed repeatedly and was parked');
    await this.#untilDone('acknowledge', signal, () => this.#remember([refusalOf(envelope.command, refusal)]));
    await this.#answer(envelope, refusal);
  }

  async #parkEntry(entry: StreamEntry, reason: string, error: unknown, signal: AbortSignal): Promise<void> {
    await this.#untilDone('acknowledge', signal, () => this.#reader.park(entry, reason));
    this.#options.events.emit('dead-lettered', { partition: this.#partition, entryId: entry.id, reason, error });
  }

  async #answer({ replyTo: to, call, of }: ReplyAddress, error: TidemarkError): Promise<void> {
    const isStranger = of !== '' && of !== this.#options.deployment;
    const answer = isStranger ? { replies: [], stranger: { to, call, error, of } } : { replies: [{ to, call, error }] };
    const { publisher, setBacks } = this.#options;
    await publisher.publish(this.#partition, { events: [], rows: [], setBacks: setBacks.count, ...answer });
  }

  async #untilDone(what: CarryOutStep, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        if (signal.aborted) return;
        await this.#wait(attempt, error, signal, what);
      }
    }
  }

  async #wait(attempt: number, error: unknown, signal: AbortSignal, what: CarryOutStep = 'carry-out') {
    const delayMs = backoff(attempt, { baseMs: 20, capMs: 1_000, random: this.#options.random });
    this.#options.events.emit('retried', { what, attempt, delayMs, error, partition: this.#partition });
    await this.#options.clock.sleep(delayMs, signal);
  }

  #report(plan: Plan, rows: readonly InboxRow[], commands: number, ms: number): void {
    const { events } = this.#options;
    const partition = this.#partition;
    if (plan.events.length > 0 || rows.length > 0) {
      const messages = plan.events.filter((event) => definitionOf(event).message).length;
      events.emit('committed', { partition, events: plan.events.length, messages, rows: rows.length, commands, ms });
    }
    if (plan.repeated > 0) events.emit('repeated', { partition, commands: plan.repeated });
    for (const reply of plan.replies) if ('error' in reply) events.emit('rejected', { partition, error: reply.error });
  }
}

/** ms between two looks for events whose rows a crash left out. */
const UNDELIVERED_EVERY = 10_000;
/** ms after something failed, which may have been between the two stores. */
const UNDELIVERED_SOON = 1_000;
/** ms for which commands that wait apart are tried before the partition's next batch. */
const TURN = 50;

type CarryOutStep = 'carry-out' | 'acknowledge' | 'erase';

/** What was carried out, and has to be told. */
interface Done {
  readonly publication: Publication;
  readonly erased: readonly ErasedMessage[];
}

/** What became of an attempt: `left` did not fit; with `doubtful` nothing was tried. */
type Attempted =
  | {
      readonly done: Done;
      readonly left: readonly Task[];
      readonly doubtful?: never;
      readonly conflict?: never;
    }
  | {
      readonly doubtful: ReadonlySet<ConversationId>;
      readonly done?: never;
      readonly left?: never;
      readonly conflict?: never;
    }
  | {
      readonly conflict: 'event' | 'entry';
      readonly done?: never;
      readonly left?: never;
      readonly doubtful?: never;
    };

/** Of a conversation that was there before. */
function changesMembers(event: Event): boolean {
  const { creates, joins, leaves } = definitionOf(event);
  return creates === undefined && (joins ?? leaves) !== undefined;
}

/** It may have been carried out. */
function again(task: Task): Task {
  return task.entry.redelivered ? task : { ...task, entry: { ...task.entry, redelivered: true } };
}
