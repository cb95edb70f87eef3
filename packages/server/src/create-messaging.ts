import type { Duplex } from 'node:stream';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  backoff,
  type ContentMap,
  type ContentSchemas,
  type ConversationId,
  createIdSource,
  DeploymentError,
  type NodeId,
  type Seq,
  TidemarkError,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import type { AnyTRPCRouter, TRPCProcedureBuilder, TRPCUnsetMarker } from '@trpc/server';
import type { WebSocket } from 'ws';
import { CheckedClock, mostAhead, type WallTime } from './checked-clock.ts';
import { closeInOrder } from './closing.ts';
import { CommandOffer } from './deployment/command-offer.ts';
import { Deployment } from './deployment/deployment.ts';
import { StrangerError } from './deployment/stranger.ts';
import { WorkerWatch } from './deployment/worker-watch.ts';
import { Admission } from './gate/admission.ts';
import { type Attachment, type AttachOptions, attachTo, type UpgradeServer } from './gate/attach.ts';
import { measureInput } from './gate/measure-input.ts';
import { ReadBudget } from './gate/read-budget.ts';
import { SocketsByUser } from './gate/sockets-by-user.ts';
import { partitionOf } from './hash.ts';
import { Health } from './health.ts';
import type { HealthReport } from './health-report.ts';
import { inTime } from './in-time.ts';
import { InboxReader } from './inbox/inbox-reader.ts';
import type { InboxSeq } from './inbox/inbox-seq.ts';
import { plausibleCounters } from './inbox/plausible-counters.ts';
import { SeqAllocator } from './inbox/seq-allocator.ts';
import { shareAllocations } from './inbox/share-allocations.ts';
import { VoidFiller } from './inbox/void-filler.ts';
import { Submission } from './ingress/submission.ts';
import { LimitEvents } from './limit-events.ts';
import { LoadMeter } from './load-meter.ts';
import { memoryBackplane } from './memory-backplane.ts';
import { whatStands } from './notify/frame-of-before.ts';
import { decodeNodeFrame, type NodeFrame } from './notify/node-frame.ts';
import { Publisher } from './notify/publisher.ts';
import { shareLookups } from './notify/share-lookups.ts';
import { type OpeningStep, OpeningWarnings, warn } from './opening-warnings.ts';
import { type MessagingOptions, parseOptions } from './options.ts';
import { redisBackplane } from './redis-backplane.ts';
import { type Authorize, Authorizer } from './router/authorization.ts';
import { BeforeHookRunner, parseHooks } from './router/before-hooks.ts';
import { ContentKinds } from './router/content-kinds.ts';
import { errorFormatter } from './router/error-formatter.ts';
import { MembershipGate } from './router/membership-gate.ts';
import { type BaseProcedure, ProcedureMaker } from './router/procedure-maker.ts';
import type { MessagingProcedures } from './router/procedure-types.ts';
import { buildProcedures } from './router/procedures.ts';
import { Quotas } from './router/quotas.ts';
import { RateLimit } from './router/rate-limit.ts';
import { ReadTurns } from './router/read-turns.ts';
import { type OnReport, Reports } from './router/reports.ts';
import { type ServerCalls, serverCalls } from './router/server-calls.ts';
import { ServerEventBus, type ServerEventName, type ServerEvents } from './server-events.ts';
import { groupCommit } from './store/group-commit.ts';
import { Retention } from './store/retention.ts';
import { SetBackWatch } from './store/set-back-watch.ts';
import { shareLoads } from './store/share-loads.ts';
import { AttachedSocket } from './subscription/attached-socket.ts';
import { FeedText } from './subscription/entry-text.ts';
import { FeedHub } from './subscription/feed-hub.ts';
import { createOpenFeed } from './subscription/open-feed.ts';
import { textOf } from './text-of.ts';
import { blameless } from './transfer/blameless.ts';
import type { ConversationCacheLimits } from './transfer/conversation-cache.ts';
import { durableRefusals } from './transfer/durable-refusals.ts';
import { PartitionOwner } from './transfer/partition-owner.ts';
import { Recovery } from './transfer/recovery.ts';
import { StoreHealth } from './transfer/store-health.ts';
import { Transfer } from './transfer/transfer.ts';

/**
 * What is remembered of each partition: over 10,000 direct conversations, or 100 groups of 1,000; 7 to 13 MB. On the first
 * message to another one its state is read from the store.
 */
const CACHE: ConversationCacheLimits = { members: 100_000, commands: 2_000 };

/** ms between attempts to open a service that cannot be reached; it may be back at any moment. */
const AWAY = { baseMs: 100, capMs: 2_000 };
/** The same for one that refuses: somebody has to do something, and some count what they refuse. */
const REFUSING = { baseMs: 500, capMs: 10_000 };

/** The counter that a probe moves. No user has this id: a user id has no space in it. */
const PROBED = new Map([['tidemark probe' as UserId, 1 as Seq]]);

/**
 * Messaging inside the application's own backend. Returns at once; storage and queue are opened in the background, calls
 * wait for it, and `ready()` tells.
 *
 * @throws TidemarkError `invalid_input` naming the option that breaks its rule
 */
export function createMessaging<const Schemas extends ContentSchemas>(
  options: MessagingOptions<Schemas>,
): Messaging<
  // Written out so that the application's declarations show the shapes, and no schema library reaches its front end.
  { [Kind in keyof Schemas & string]: StandardSchemaV1.InferInput<Schemas[Kind]> },
  { [Kind in keyof Schemas & string]: StandardSchemaV1.InferOutput<Schemas[Kind]> }
> {
  const { settings: given, storage } = parseOptions(options);
  const events = new ServerEventBus();
  const health = new Health(events);
  const clock = new CheckedClock({ ...given, events, health });
  const settings = { ...given, clock };
  const { nodeId, random, limits } = settings;
  const limitEvents = new LimitEvents(events, clock);
  const ids = createIdSource(options.random);
  const backplane =
    options.backplane ??
    (options.redis
      ? redisBackplane({ redis: options.redis, ...settings, commandBytes: limits.commandBytes })
      : memoryBackplane(settings));

  const partitionHere = (conversationId: ConversationId): number => partitionOf(conversationId, settings.partitions);

  const setBacks = new SetBackWatch({ ...settings, storage, events, onSetBack: () => hub.startAgain() });
  const deployment = new Deployment({ ...settings, claims: backplane.claims, storage, setBacks, events, health });

  /** Why this process may write nothing, though it runs. */
  const refusal = (): DeploymentError | undefined => deployment.refusal ?? clock.refusal;
  const offer = new CommandOffer(backplane.nodes);
  const workers = new WorkerWatch({ ...settings, nodes: offer, events, health });

  // ── In the order of the flow ────────────────────────────────────────────────────────────────────────────────────
  // 1 router, and the gate in front of it
  const admission = new Admission(limits, limitEvents);
  const budget = new ReadBudget(clock, limits);
  const sockets = new SocketsByUser(limits.socketsPerUser, limitEvents);
  const content = new ContentKinds(options.content, limits.contentBytes);
  const rate = new RateLimit({ clock, events, limits });
  const gate = new MembershipGate(storage.history, clock, rate);
  const reads = new ReadTurns(limits);
  const quotas = new Quotas(clock, limits);
  const authorizer = new Authorizer(
    options.authorize as Authorize<ContentMap> | undefined,
    clock,
    settings.authorizeTimeoutMs,
  );
  const hooks = new BeforeHookRunner({ hooks: parseHooks(options.hooks), content, limits, clock, events });
  const reports = new Reports({
    onReport: options.onReport as OnReport<ContentMap> | undefined,
    timeoutMs: settings.reportTimeoutMs,
    history: storage.history,
    clock,
    events,
  });
  // 2 ingress
  const submission = new Submission(blameless(backplane.ingress), clock, {
    ...settings,
    deployment,
    // Nothing is written for it here: the writer looks for itself.
    refusal: () => deployment.refusal ?? clock.lastRefusal,
    offer,
    setBacks,
    commandBytes: limits.commandBytes,
    limitEvents,
    events,
  });
  // 3 transfer, whose partitions go in step and share what they ask of stages 4 to 6
  const committing = groupCommit(storage);
  const load = shareLoads(storage.history);
  const recovery = new Recovery({ storage, clock, events, retentionMs: settings.retentionMs });
  const store = new StoreHealth({
    probe: async () => {
      await storage.probe();
      const counters = backplane.inboxSeq(storage.inbox.epoch);
      await counters.raise(PROBED);
      await counters.allocate(PROBED);
    },
    health,
    events,
    clock,
  });
  const refusals = durableRefusals({
    shared: backplane.refusals,
    store: storage.history,
    clock,
    retentionMs: settings.refusalRetentionMs,
    partitionOf: partitionHere,
  });
  const owner = new PartitionOwner({
    ...settings,
    ...backplane,
    nodes: offer,
    events,
    limitEvents,
    takesPart: () => refusal() === undefined,
    transfer: (partition, reader, holdsLease) =>
      new Transfer(partition, blameless(reader), {
        deployment: deployment.stamp,
        permissions: settings.permissions,
        holdsLease: blameless({ holdsLease }).holdsLease,
        partitionOf: partitionHere,
        refusals: blameless(refusals),
        load,
        storage: committing,
        allocator: new SeqAllocator(seqs(), storage.inbox, events, clock),
        recovery,
        publisher,
        events,
        clock,
        mostAhead: mostAhead(settings.maxClockSkewMs),
        random,
        ids,
        limits,
        batchRows: settings.batchRows,
        limitEvents,
        commandBytes: limits.commandBytes,
        knowsContent: (type) => content.has(type),
        store,
        setBacks,
        health,
        attempts: settings.attempts,
        parkAfterMs: settings.parkAfterMs,
        cache: CACHE,
      }),
  });
  // 4 inbox seq, known once the store is open
  let counters: InboxSeq | undefined;
  const seqs = (): InboxSeq => {
    counters ??= shareAllocations(
      plausibleCounters(blameless(backplane.inboxSeq(storage.inbox.epoch)), storage.inbox, events),
    );
    return counters;
  };
  const voids = new VoidFiller({ inbox: storage.inbox, clock, events, voidAfterMs: settings.voidAfterMs });
  const reader = new InboxReader(storage, voids, limits, setBacks);
  // 5 store
  const retention = new Retention({ ...settings, inbox: storage.inbox, refusals: storage.history, clock, events });
  // 6 notify
  const deliver = (frame: NodeFrame): void => {
    for (const reply of frame.replies) submission.answer(reply);
    hub.deliver(frame);
  };
  const deliverHere = (frame: NodeFrame): void => {
    if (frame.setBacks !== undefined && !setBacks.isCurrent(frame.setBacks)) {
      whatStands(frame, storage.history).then(deliver, (error) => events.emit('publish-failed', { nodeId, error }));
      return;
    }
    deliver(frame);
    const { event, to: [place] = [] } = frame.deliveries.at(-1) ?? {};
    if (event && place) setBacks.delivered(place[0], { seq: place[1], event }, setBacks.count);
  };
  const publisher = new Publisher({
    presence: shareLookups(backplane.presence),
    notifier: backplane.notifier,
    events,
    nodeId,
    deployment: () => deployment.stamp,
    deliverHere,
  });
  // 7 subscription
  const hub = new FeedHub({
    ...settings,
    presence: backplane.presence,
    seqs,
    reader,
    checkSetBack: () => {
      setBacks.failed();
      return setBacks.current();
    },
    events,
    headsPage: 1_000,
  });
  const openFeed = createOpenFeed({
    hub,
    reader,
    limits,
    limitEvents,
    ports: {
      reader,
      clock,
      random,
      events,
      limits: { contentBytes: limits.contentBytes, frameBytes: limits.frameBytes },
      page: limits.page,
      charge: (userId, entries) => rate.charge(userId, { bytes: measureInput(entries, limits.pageBytes) }),
      gapPatienceMs: 25,
      aheadLimit: 64,
    },
  });

  const texts = new WeakMap<AnyTRPCRouter, FeedText>();
  const feedTextOf = (router: AnyTRPCRouter): FeedText => {
    const text = texts.get(router) ?? new FeedText(router, storage.inbox.epoch, random);
    texts.set(router, text);
    return text;
  };
  const wrap = (socket: WebSocket, tcp: Duplex, router: AnyTRPCRouter) =>
    new AttachedSocket(socket, {
      tcp,
      bufferLimit: limits.socketBufferBytes,
      slowGraceMs: limits.slowSocketGraceMs,
      onSlow: ({ userId, address }) => limitEvents.reached('limits.slowSocketGraceMs', { userId, address }),
      feedText: () => feedTextOf(router),
    });

  // ── Life ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const closing = new AbortController();
  const attachments = new Set<Attachment>();
  const meter = new LoadMeter({
    ...settings,
    events,
    owned: () => owner.owned,
    ingress: blameless(backplane.ingress),
    held: () => ({
      waiting: submission.waiting,
      feeds: hub.size,
      users: hub.users,
      bufferedBytes: [...attachments].flatMap((attachment) => attachment.bufferedBytes()),
    }),
  });
  let closed: Promise<void> | undefined;
  let isOpen = false;
  const opening = new OpeningWarnings();
  const opened = open();
  if (settings.warnings) void opening.watch(opened, clock, closing.signal);
  // `ready`, `health` and every call report a failure; here nobody waits for it.
  opened.catch((error: unknown) => {
    if (closing.signal.aborted) return;
    health.trouble('start', textOf(error), { isFinal: true });
  });

  /** For calls: what kept the process from its start is for its developers to read. */
  async function ready(): Promise<void> {
    try {
      if (!isOpen) await openedInTime();
    } catch (cause) {
      if (cause instanceof TidemarkError) throw cause;
      if (cause instanceof DeploymentError) {
        throw new TidemarkError('unavailable', 'this process takes no part in the deployment', { cause });
      }
      throw new TidemarkError('closing', 'this process is shutting down', { cause });
    }
  }

  /** Nobody waits for a store that cannot be opened for as long as that is so. */
  async function openedInTime(): Promise<void> {
    const { openTimeoutMs } = settings;
    const detail = `the store or the queue could not be opened within ${openTimeoutMs} ms`;
    await inTime(clock, openTimeoutMs, opened, () => new TidemarkError('unavailable', detail));
  }

  async function open(): Promise<void> {
    await untilDone('open', () => storage.open());
    await untilDone('claim', () => deployment.join());
    await clock.watch(wallTimes());
    await untilDone('listen', () => backplane.notifier.listen(nodeId, onFrame));
    // Before the first call: it may be of a command that the workers there are too old for.
    await untilDone('workers', async () => void (await offer.workers()));
    hub.start();
    isOpen = true;
    health.well('start');
    health.opened();
    if (!settings.worker) return workers.start();
    owner.start();
    retention.start();
  }

  /** Of clocks that this process shares with the others; that of a store with both roles once. */
  function wallTimes(): WallTime[] {
    const { history, inbox, capabilities } = storage;
    const stores = capabilities.atomic ? [history] : [history, inbox];
    return [...stores, backplane].flatMap(({ wallTime }) => wallTime ?? []);
  }

  function onFrame(frame: string): void {
    try {
      deliverHere(decodeNodeFrame(frame, deployment.stamp));
    } catch (error) {
      if (error instanceof StrangerError) events.emit('stranger-refused', { what: 'frame', of: error.of });
      else events.emit('publish-failed', { nodeId, error });
    }
  }

  /**
   * Only a disagreement is final. Whatever else a service refuses with may be put right while this process waits: a right is granted, a
   * password corrected, a database created; no list of errors tells which.
   */
  async function untilDone(what: OpeningStep, step: () => Promise<void>): Promise<void> {
    opening.begun(what);
    for (let attempt = 0; ; attempt++) {
      try {
        return await step();
      } catch (error) {
        if (error instanceof DeploymentError || closing.signal.aborted) throw error;
        const pace = error instanceof UnavailableError ? AWAY : REFUSING;
        const delayMs = backoff(attempt, { ...pace, random });
        events.emit('retried', { what, attempt, delayMs, error });
        opening.failed(error);
        health.trouble('start', `waits for ${opening.cause}`);
        await clock.sleep(delayMs, closing.signal);
      }
    }
  }

  async function close(): Promise<void> {
    submission.refuse();
    health.closed();
    const { drainTimeoutMs, closeTimeoutMs } = settings;
    const began = clock.monotonic();
    const drained = began + Math.min(drainTimeoutMs, closeTimeoutMs);
    while (submission.waiting > 0 && clock.monotonic() < drained) await clock.sleep(10);
    submission.close();
    closing.abort();
    const waitingFor = await closeInOrder(
      [
        { sockets: () => Promise.all([...attachments].map((attachment) => attachment.close())) },
        { opening: () => opened.catch(() => {}) },
        { partitions: () => Promise.all([owner.close(), store.close()]), purging: () => retention.close() },
        { feeds: () => Promise.all([hub.close(), workers.close(), meter.close()]) },
        { claim: () => Promise.all([deployment.close(), clock.close()]) },
        { backplane: () => backplane.close() },
        { storage: () => storage.close() },
      ],
      began + closeTimeoutMs - clock.monotonic(),
      clock,
    );
    if (waitingFor.length === 0) return;
    events.emit('close-timed-out', { ms: closeTimeoutMs, waitingFor, partitions: owner.leaving });
  }

  const procedureOptions = {
    storage,
    submission,
    content,
    gate,
    rate,
    quotas,
    authorizer,
    hooks,
    reports,
    reader,
    openFeed,
    ids,
    events,
    limits,
    reactions: settings.reactions,
    now: () => clock.now(),
  };

  return {
    ...serverCalls(procedureOptions, { clock, random, ready }),
    nodeId,
    procedures: (base, { userId }) => {
      const make = new ProcedureMaker({
        base: base as unknown as BaseProcedure,
        userId: userId as (ctx: never) => unknown,
        rate,
        reads,
        limits,
        limitEvents,
        sockets,
        ready,
        events,
      });
      return buildProcedures(make, procedureOptions) as never;
    },
    attach: (server, attachOptions) => {
      const attachment = attachTo(server, attachOptions, {
        limits,
        limitEvents,
        admission,
        budget,
        wrap,
        warn: settings.warnings ? warn : () => {},
      });
      attachments.add(attachment);
      return attachment;
    },
    http: {
      maxBodySize: limits.frameBytes,
      maxBatchSize: limits.callsPerFrame,
      responseMeta: () => ({ headers: { 'cache-control': 'no-store' } }),
    },
    errorFormatter,
    on: (name, listener) => {
      if (name === 'load-measured') meter.start();
      return events.on(name, listener);
    },
    ready: () => opened,
    health: () => health.report(),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** What `createMessaging` returns. @typeParam In content as senders write it @typeParam Out content as stored */
export interface Messaging<In, Out> extends ServerCalls<In, Out> {
  /** Name of this process among those of the deployment. */
  readonly nodeId: NodeId;

  /**
   * The procedures, built on the application's own base procedure, to be put under any key of its router. `userId` says
   * who calls; undefined, null and '' are answered with `unauthenticated`.
   */
  procedures<Context, Meta, Overrides>(
    base: TRPCProcedureBuilder<
      Context,
      Meta,
      Overrides,
      TRPCUnsetMarker,
      TRPCUnsetMarker,
      TRPCUnsetMarker,
      TRPCUnsetMarker,
      false
    >,
    options: { userId: (ctx: Omit<Context, keyof Overrides> & Overrides) => string | null | undefined },
  ): MessagingProcedures<In, Out>;

  /**
   * Serves the router over WebSocket on the application's HTTP server: of `node:http`, `node:https`, `node:http2` with `allowHTTP1`, or
   * what a framework made of one (`app.server` of Fastify, what `app.listen` of Express and `serve` of Hono return). `null`: where the
   * framework upgrades sockets itself, and hands them to `accept` of the attachment.
   */
  attach<Router extends AnyTRPCRouter>(server: UpgradeServer | null, options: AttachOptions<Router>): Attachment;

  /**
   * For the application's own HTTP adapter of tRPC: `createHTTPHandler({ router, createContext, ...messaging.http })`. A body is
   * cut off at `limits.frameBytes`, before anybody knows whose it is; a batch holds at most `limits.callsPerFrame`, where the
   * adapter knows batches; and answers are kept by no cache, since a GET may be answered with somebody's messages.
   */
  readonly http: {
    readonly maxBodySize: number;
    readonly maxBatchSize: number;
    readonly responseMeta: () => { headers: Record<string, string> };
  };

  /**
   * For `initTRPC.create({ errorFormatter: messaging.errorFormatter })`, if the application wants it: an error of the table, which is
   * text, is data as well then: `error.data.tidemark` is `{ code, field, policy }`, and null for any other error.
   */
  readonly errorFormatter: typeof errorFormatter;

  /** Listens to what happens inside; returns a function that stops listening. */
  on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void;

  /**
   * Resolves when storage and queue are open. Rejects with DeploymentError when they do not belong together, and when `close` is
   * called before. Pending for as long as a service cannot be reached, or refuses, whatever it refuses with: opening is tried again
   * and again, and `health()` and the event `retried` say why.
   */
  ready(): Promise<void>;

  /** How this process is, at once and without asking anybody; the event `health-changed` tells when that changes. */
  health(): HealthReport;

  /**
   * Finishes what is in work, closes sockets, frees partitions and closes the storage. Resolves after `tuning.closeTimeoutMs` at the
   * latest; see the event `close-timed-out`. Idempotent.
   */
  close(): Promise<void>;
}
