/**
 * Where a server can be told to die, put around the ports that it hands to messaging: the product has no switch for it. In
 * the order of the sentence
 *
 *     decide ─ after-decide → allocate ─ after-allocate → history ─ after-history-commit → inbox ─ before-publish
 *     → publish + receipts ─ before-ack → XDEL
 */
import { composeStorage, type InboxStore, type Storage, type StorageCapabilities } from '@tidemark/core';
import type { Backplane } from '@tidemark/server';

type InboxSeq = ReturnType<Backplane['inboxSeq']>;
type IngressStream = Backplane['ingress'];
type PartitionReader = ReturnType<IngressStream['open']>;

type ServerFailpoint = (typeof FAILPOINTS)[number] | typeof BETWEEN_STORES;

/** Called at each point; what it returns is waited for. `passFailpoint` of the testkit kills the process where it is armed. */
export type Pass = (point: ServerFailpoint) => Promise<void> | undefined;

const FAILPOINTS = ['after-decide', 'after-allocate', 'before-publish', 'before-ack'] as const;
/** There is such a moment where history and inbox are not committed in one transaction. */
const BETWEEN_STORES = 'after-history-commit';

/** Names of the points that a server on such a storage has. */
export function failpointsOn({ atomic }: Pick<StorageCapabilities, 'atomic'>): readonly ServerFailpoint[] {
  return atomic ? FAILPOINTS : [...FAILPOINTS, BETWEEN_STORES];
}

/** The same storage, whose commits pass `before-publish`, and `after-history-commit` where they are of two parts. */
export function failingStorage(storage: Storage, pass: Pass): Storage {
  const { history, capabilities } = storage;
  const inner = capabilities.atomic
    ? storage
    : { ...composeStorage({ history, inbox: failingInbox(storage.inbox, pass) }), capabilities };
  return {
    ...inner,
    commit: async (batch) => {
      const outcome = await inner.commit(batch);
      if (outcome.conflict === undefined) await pass('before-publish');
      return outcome;
    },
  };
}

function failingInbox(inbox: InboxStore, pass: Pass): InboxStore {
  return {
    survives: inbox.survives,
    get epoch() {
      return inbox.epoch;
    },
    open: () => inbox.open(),
    close: () => inbox.close(),
    bind: (history) => inbox.bind(history),
    append: async (rows) => {
      await pass(BETWEEN_STORES);
      return inbox.append(rows);
    },
    probe: () => inbox.probe(),
    fillVoids: (userId, seqs, at) => inbox.fillVoids(userId, seqs, at),
    renewEpoch: () => inbox.renewEpoch(),
    forget: () => inbox.forget?.(),
    find: (deliveries) => inbox.find(deliveries),
    range: (userId, after, limit, bytes) => inbox.range(userId, after, limit, bytes),
    seqs: (userId, after, limit) => inbox.seqs(userId, after, limit),
    bounds: (userIds) => inbox.bounds(userIds),
    purge: (before, limit, plausible) => inbox.purge(before, limit, plausible),
    wallTime: inbox.wallTime,
  };
}

/** The same backplane, whose counters and acknowledgements are points to die at. */
export function failingBackplane(backplane: Backplane, pass: Pass): Backplane {
  const { ingress } = backplane;
  return {
    ...backplane,
    inboxSeq: (epoch) => failingCounters(backplane.inboxSeq(epoch), pass),
    ingress: {
      append: (partition, body) => ingress.append(partition, body),
      backlog: (partition) => ingress.backlog(partition),
      lag: (partition) => ingress.lag(partition),
      open: (partition) => failingReader(ingress.open(partition), pass),
    },
  };
}

function failingCounters(counters: InboxSeq, pass: Pass): InboxSeq {
  return {
    allocate: async (counts) => {
      await pass('after-decide');
      const allocated = await counters.allocate(counts);
      await pass('after-allocate');
      return allocated;
    },
    forget: (highest) => counters.forget(highest),
    raise: (heads) => counters.raise(heads),
    current: (userIds) => counters.current(userIds),
  };
}

function failingReader(reader: PartitionReader, pass: Pass): PartitionReader {
  return {
    read: (limit, signal) => reader.read(limit, signal),
    readNow: (limit, signal) => reader.readNow(limit, signal),
    acknowledge: async (ids) => {
      await pass('before-ack');
      await reader.acknowledge(ids);
    },
    park: (entry, reason) => reader.park(entry, reason),
    removeDead: (matches) => reader.removeDead(matches),
    close: () => reader.close(),
  };
}
