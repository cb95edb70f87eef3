import type { HealthStatus, Messaging, ServerEventName, ServerEvents } from '@tidemark/server';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What is observed of a messaging: its events and its health. */
export type ObservedMessaging = Pick<Messaging<never, never>, 'on' | 'health'>;

/** Seconds: from an idle deployment on a fast disk to the longest that a caller waits. */
const LATENCY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

const STATUSES: readonly HealthStatus[] = ['starting', 'ok', 'degraded', 'refused', 'closed'];

/**
 * Registers every metric, and keeps them up to date from the events. Returns what stops that.
 *
 * Names follow Prometheus' conventions: base units as suffix, `_total` on counters. A partition is a label, since there are 256 at most.
 */
export function registerMetrics(messaging: ObservedMessaging, registry: Registry, prefix: string): () => void {
  const registers = [registry];
  const stops: (() => void)[] = [];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({ name: prefix + name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name: prefix + name, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[] = [],
  ) => new Histogram<Label>({ name: prefix + name, help, buckets, labelNames, registers });
  const on = <Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): void => {
    stops.push(messaging.on(name, listener));
  };
  /** Counts the events of a name. */
  const count = (event: ServerEventName, name: string, help: string): void => {
    const counted = counter(name, help);
    on(event, () => counted.inc());
  };

  receipts();
  writer();
  queue();
  delivery();
  bounds();
  service();
  memory();
  return () => {
    for (const stop of stops.splice(0)) stop();
  };

  /** What senders see. */
  function receipts(): void {
    const latency = histogram(
      'receipt_duration_seconds',
      'Time from queueing a command until its writer has answered, as its sender sees it.',
      LATENCY,
      ['outcome'],
    );
    on('answered', ({ ms, error }) => latency.observe({ outcome: error ? error.code : 'stored' }, ms / 1_000));
    const refused = counter('refused_calls_total', 'Calls that were answered with an error, by its code.', ['code']);
    on('refused', ({ code }) => refused.inc({ code }));
  }

  function writer(): void {
    const messages = counter('messages_total', 'Messages that were stored.');
    const events = counter('events_total', 'Events that were stored, messages among them.');
    const rows = counter('inbox_rows_total', 'Inbox rows that were stored.');
    const duration = histogram('commit_duration_seconds', 'Time to carry out a batch and commit it.', LATENCY);
    const commands = histogram('batch_commands', 'Commands of a batch.', SIZES);
    on('committed', (batch) => {
      messages.inc(batch.messages);
      events.inc(batch.events);
      rows.inc(batch.rows);
      duration.observe(batch.ms / 1_000);
      commands.observe(batch.commands);
    });
    const conflicts = counter('conflicts_total', 'Batches that ran again since the store disagreed.', ['conflict']);
    on('conflicted', ({ conflict }) => conflicts.inc({ conflict }));
    const repeats = counter('repeated_commands_total', 'Commands that had been carried out before.');
    on('repeated', (repeated) => repeats.inc(repeated.commands));
    const rejected = counter('rejected_commands_total', 'Commands that a writer refused, by code.', ['code']);
    on('rejected', ({ error }) => rejected.inc({ code: error.code }));
    count('set-aside', 'set_aside_commands_total', 'Commands that failed alone and are tried again apart.');
    count('dead-lettered', 'dead_letters_total', 'Commands that were parked as dead letters.');
    const completed = counter('completed_events_total', 'Events whose half-done commit was completed.');
    on('completed', (done) => completed.inc(done.events));
    const voids = counter('voids_total', 'Seqs that stayed unfilled and were closed.');
    on('void-written', ({ seqs }) => voids.inc(seqs.length));
    const purged = counter('purged_rows_total', 'Rows past retention that were removed.');
    on('purged', (removed) => purged.inc(removed.rows));
  }

  function queue(): void {
    const partitions = gauge('partitions', 'Partitions of the deployment.');
    const owned = gauge('owned_partitions', 'Partitions that this process writes.');
    const backlog = gauge('partition_backlog', 'Commands that wait or are in work.', ['partition']);
    const lag = gauge('partition_lag_seconds', 'Time that the oldest of these commands has waited.', ['partition']);
    const waiting = gauge('waiting_calls', 'Calls of this process that wait for their receipt.');
    on('load-measured', (load) => {
      partitions.set(load.partitions);
      owned.set(load.owned.length);
      waiting.set(load.waiting);
      // Another process has those that are left out now.
      backlog.reset();
      lag.reset();
      for (const each of load.owned) {
        backlog.set({ partition: each.partition }, each.backlog);
        lag.set({ partition: each.partition }, each.lagMs / 1_000);
      }
    });
    count('takeover', 'takeovers_total', 'Partitions that this process took over.');
    const released = counter('released_partitions_total', 'Partitions that it gave up, by reason.', ['reason']);
    on('released', ({ reason }) => released.inc({ reason }));
  }

  function delivery(): void {
    const feeds = gauge('feeds', 'Live feeds.');
    const users = gauge('online_users', 'Users with a feed in this process.');
    const sockets = gauge('sockets', 'Connected sockets.');
    const buffered = gauge('socket_buffer_bytes', 'Bytes that wait to be written to all sockets.');
    const fullest = gauge('socket_buffer_max_bytes', 'Bytes that wait for the socket for which most do.');
    on('load-measured', (load) => {
      feeds.set(load.feeds);
      users.set(load.users);
      sockets.set(load.sockets);
      buffered.set(load.bufferedBytes);
      fullest.set(load.fullestSocketBytes);
    });
    const opened = counter('feeds_opened_total', 'Feeds that were opened.', ['transport']);
    on('feed-opened', ({ transport }) => opened.inc({ transport }));
    const closed = counter('feeds_closed_total', 'Feeds that were closed.', ['transport']);
    on('feed-closed', ({ transport }) => closed.inc({ transport }));
    const resets = counter('feed_resets_total', 'Resets: devices that rebuild from a snapshot.', ['reason']);
    on('feed-reset', ({ reason }) => resets.inc({ reason }));
    const gaps = counter('feed_gaps_total', 'Missed frames that were read from the store.', ['by']);
    on('gap-found', ({ by }) => gaps.inc({ by }));
    count('slow-consumer', 'slow_consumers_total', 'Times that a feed stopped for a full socket.');
    count('publish-failed', 'failed_publishes_total', 'Frames that did not reach a node.');
  }

  function bounds(): void {
    count('rate-limited', 'rate_limited_calls_total', 'Calls above the rate of their caller.');
    const limits = counter('limits_reached_total', 'Bounds that refused something, at most one a second each.', [
      'limit',
    ]);
    on('limit-reached', ({ limit }) => limits.inc({ limit }));
    count('client-refused', 'refused_clients_total', 'Clients that are more than one release apart.');
    const hooks = counter('failed_hooks_total', 'Hooks of the application that failed or took too long.', ['hook']);
    on('hook-failed', ({ hook }) => hooks.inc({ hook }));
    count('listener-failed', 'failed_listeners_total', 'Listeners of events that threw.');
  }

  function service(): void {
    const health = gauge('health_status', '1 for what health() says of this process now, 0 for the others.', [
      'status',
    ]);
    const show = (now: HealthStatus): void => {
      for (const status of STATUSES) health.set({ status }, status === now ? 1 : 0);
    };
    show(messaging.health().status);
    on('health-changed', ({ status }) => show(status));
    const retries = counter('retries_total', 'Steps that failed and are tried again.', ['step']);
    on('retried', ({ what }) => retries.inc({ step: what }));
    count('store-failed', 'store_failures_total', 'Times that the store began to refuse every commit.');
    const outages = counter('store_outage_seconds_total', 'Time for which it did, counted when it is well again.');
    on('store-recovered', ({ ms }) => outages.inc(ms / 1_000));
    count('store-set-back', 'store_set_backs_total', 'Times that the store was found to have lost commits.');
    const restored = counter('restored_counters_total', 'Counters of inboxes that were mended from the store.', [
      'why',
    ]);
    on('counters-restored', (counters) => restored.inc({ why: 'missing' }, counters.users));
    on('counters-raised', (counters) => restored.inc({ why: 'behind' }, counters.users));
    on('counter-implausible', () => restored.inc({ why: 'ahead' }));
    const strangers = counter('strangers_total', 'What belonged to another deployment.', ['what']);
    on('stranger-refused', ({ what }) => strangers.inc({ what }));
    count('close-timed-out', 'close_timeouts_total', 'Times that close resolved before all had ended.');
  }

  function memory(): void {
    const used = new Gauge({
      name: `${prefix}process_memory_bytes`,
      help: 'Memory of the process, by kind.',
      labelNames: ['kind'],
      registers,
      collect() {
        const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
        used.set({ kind: 'resident' }, rss);
        used.set({ kind: 'heap_used' }, heapUsed);
        used.set({ kind: 'heap_total' }, heapTotal);
        used.set({ kind: 'external' }, external);
      },
    });
  }
}
