import { type Event, type InboxRow, type NodeId, refKey, type Seq, type UserId } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
import { encodeNodeFrame, type NodeDelivery, type NodeFrame, type Place, type Reply } from './node-frame.ts';
import type { Notifier } from './notifier.ts';
import type { Presence } from './presence.ts';

/** What is published of a committed batch. */
export interface Publication {
  readonly events: readonly Event[];
  /** Of these events, and voids. */
  readonly rows: readonly InboxRow[];
  /** See `NodeFrame`. */
  readonly setBacks: number;
  readonly replies: readonly (Reply & { readonly to: NodeId })[];
  /** For the sender of a command that another deployment queued: `of` is that one, in short. */
  readonly stranger?: Reply & { readonly to: NodeId; readonly of: string };
}

/**
 * Stage   6 notify
 * In      committed events with their rows, and replies to the commands' senders
 * Out     one frame per node that holds a recipient or waits for a reply
 * Keeps   P6: called after the commit only; nothing in a frame is news to the store
 * Proved  test/notify/publisher.test.ts, test/fault/lost-frame.services.test.ts
 *
 * Publishing is best effort: the batch is stored, so a failure here, a defect included, is reported and passed over. Feeds notice a
 * lost frame by comparing heads, senders a lost reply by their outbox. Presence is looked up after the commit: a feed opened before
 * then has registered, or reads the committed rows itself. A node that knows of a set-back since then checks a frame against the
 * store.
 */
export class Publisher {
  readonly #presence: Presence;
  readonly #notifier: Notifier;
  readonly #events: ServerEventBus;
  readonly #self: NodeId;
  readonly #deployment: () => string;
  readonly #deliverHere: (frame: NodeFrame) => void;

  constructor(options: {
    presence: Presence;
    notifier: Notifier;
    events: ServerEventBus;
    nodeId: NodeId;
    /** This one, in short (`stampOf`). */
    deployment: () => string;
    /** Takes the frames for this node, which skip the notifier. */
    deliverHere: (frame: NodeFrame) => void;
  }) {
    this.#presence = options.presence;
    this.#notifier = options.notifier;
    this.#events = options.events;
    this.#self = options.nodeId;
    this.#deployment = options.deployment;
    this.#deliverHere = options.deliverHere;
  }

  /** Resolves when a frame to every node was sent or has failed; never rejects. */
  async publish(partition: number, { events, rows, setBacks, replies, stranger }: Publication): Promise<void> {
    const frames = new Map<NodeId, { deliveries: NodeDelivery[]; voids: Place[]; replies: Reply[] }>();
    const frameOf = (nodeId: NodeId) => {
      const frame = frames.get(nodeId) ?? { deliveries: [], voids: [], replies: [] };
      frames.set(nodeId, frame);
      return frame;
    };
    const nodesOf = await this.#nodesOf(rows);
    for (const [nodeId, deliveries] of deliveriesByNode(events, rows, nodesOf)) {
      frameOf(nodeId).deliveries.push(...deliveries);
    }
    for (const [userId, seq] of highestVoids(rows)) {
      for (const nodeId of nodesOf.get(userId) ?? []) frameOf(nodeId).voids.push([userId, seq]);
    }
    for (const { to, ...reply } of replies) frameOf(to).replies.push(reply as Reply);
    await Promise.all([...frames].map(([nodeId, frame]) => this.#publish(nodeId, { ...frame, setBacks })));
    if (stranger) {
      const { to, of, ...reply } = stranger;
      await this.#publish(to, { deliveries: [], voids: [], replies: [reply as Reply] }, of);
    }
    this.#events.emit('published', { partition, events: events.length, nodes: frames.size, replies: replies.length });
  }

  /** The nodes of each recipient; of none when presence cannot be asked. */
  async #nodesOf(rows: readonly InboxRow[]): Promise<ReadonlyMap<UserId, readonly NodeId[]>> {
    if (rows.length === 0) return new Map();
    try {
      return await this.#presence.nodesOf([...new Set(rows.map((row) => row.userId))]);
    } catch (error) {
      this.#events.emit('publish-failed', { nodeId: null, error });
      return new Map();
    }
  }

  async #publish(nodeId: NodeId, frame: NodeFrame, of = this.#deployment()): Promise<void> {
    try {
      if (nodeId === this.#self && of === this.#deployment()) this.#deliverHere(frame);
      else await this.#notifier.publish(nodeId, encodeNodeFrame(frame, of));
    } catch (error) {
      this.#events.emit('publish-failed', { nodeId, error });
    }
  }
}

function deliveriesByNode(
  events: readonly Event[],
  rows: readonly InboxRow[],
  nodesOf: ReadonlyMap<UserId, readonly NodeId[]>,
): Map<NodeId, NodeDelivery[]> {
  const byNode = new Map<NodeId, NodeDelivery[]>();
  const recipientsOf = new Map<string, Map<NodeId, Place[]>>();
  let ref: InboxRow['ref'] = null;
  let recipients: Map<NodeId, Place[]> = new Map();
  for (const row of rows) {
    const { userId, seq } = row;
    const nodes = nodesOf.get(userId);
    if (!row.ref || !nodes) continue;
    // Rows of one event mostly follow each other, and refer to it by the same object.
    if (row.ref !== ref) {
      ref = row.ref;
      const key = refKey(ref);
      recipients = recipientsOf.get(key) ?? new Map();
      recipientsOf.set(key, recipients);
    }
    for (const nodeId of nodes) {
      const to = recipients.get(nodeId);
      if (to) to.push([userId, seq]);
      else recipients.set(nodeId, [[userId, seq]]);
    }
  }
  for (const event of events) {
    for (const [nodeId, to] of recipientsOf.get(refKey(event)) ?? []) {
      const deliveries = byNode.get(nodeId);
      if (deliveries) deliveries.push({ event, to });
      else byNode.set(nodeId, [{ event, to }]);
    }
  }
  return byNode;
}

function highestVoids(rows: readonly InboxRow[]): Map<UserId, Seq> {
  const highest = new Map<UserId, Seq>();
  for (const { userId, seq, ref } of rows) {
    if (ref === null && seq > (highest.get(userId) ?? 0)) highest.set(userId, seq);
  }
  return highest;
}
