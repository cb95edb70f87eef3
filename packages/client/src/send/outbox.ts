/**
 * Stage   0 outbox: keeps what the user wants to say, and says it until it is stored
 * In      drafts
 * Out     `send` calls; receipts; drafts as shown on a screen
 * Keeps   P1 (kept first, sent again until receipt or final error, over restarts), P3 (always the same clientMessageId),
 *         P5 (one at a time and in order within a conversation), P11 (at most `parallel` calls at once)
 * Proved  packages/client/test/outbox.test.ts, outbox-lanes.property.test.ts, outbox-uploads.test.ts, tabs/
 *
 * Every tab keeps and shows drafts; the one that leads sends them.
 */
import {
  type CommandId,
  type Content,
  type ContentMap,
  type ConversationId,
  type Event,
  type FeedInfo,
  type IdSource,
  type JsonObject,
  type JsonValue,
  type MessageSent,
  parseCommandId,
  type Receipt,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { onAbort } from '../abort-signal.ts';
import { callOutcome, unlessRefused } from '../call-outcome.ts';
import type { ClientEmitter } from '../client-events.ts';
import type { Connection } from '../connection/connection.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { Draft } from '../local-store/local-store.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import { type RetryTiming, waitToRetry } from '../retry.ts';
import { createKeyedTasks, type KeyedTasks } from '../sync/keyed-tasks.ts';
import { within } from '../within.ts';
import { checkSize } from './message-size.ts';
import {
  attachmentsOf,
  createOutboxEntries,
  DraftDiscardedError,
  isMessage,
  type OutboxEntry,
  type Slot,
} from './outbox-entries.ts';
import { createOutboxLanes, type LaneEffect, type OutboxLanes } from './outbox-lanes.ts';
import type { AttachmentHooks } from './uploads.ts';

export interface Outbox {
  /** Loads the drafts of earlier runs, and keeps what was handed in before that. Idempotent. */
  start(): Promise<void>;
  /** Begins to send, until `term` aborts. @param replica writes for that term only */
  lead(term: AbortSignal, replica: LocalReplica): void;
  send(
    conversationId: ConversationId,
    message: Content<ContentMap>,
    options: { readonly clientMessageId?: string | undefined; readonly attachments?: readonly JsonValue[] | undefined },
  ): { id: CommandId; receipt: Promise<Receipt> };
  /** Discards what only this tab knows of; false when it is for the one that leads. */
  discardUnkept(id: CommandId): Promise<boolean>;
  /** In the tab that leads. */
  retry(id: CommandId): Promise<void>;
  /** In the tab that leads. */
  discard(id: CommandId): Promise<void>;
  online(online: boolean): void;
  /** What is not here yet as a message, in the order of `send`. */
  entriesOf(conversationId: ConversationId): readonly OutboxEntry[];
  /** For the transaction of a snapshot: drafts that are stored by now, so that what follows from it holds them. */
  storedAtReset(): CommandId[];

  /** The drafts in the local store, read again: others may have come and gone unheard. */
  reconcile(drafts: readonly Draft[]): void;
  /** The tab that leads has got a receipt. */
  sentElsewhere(receipt: Receipt): void;
  progressElsewhere(id: CommandId, progress: readonly number[]): void;
  has(id: CommandId): boolean;
  /** Receipts whose messages are not here yet. */
  receipts(): Receipt[];
  close(error: Error): void;
  /** After `close`: nothing is shown any more. */
  forget(): void;
}

export interface OutboxOptions {
  readonly trpc: MessagingTrpc;
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly events: ClientEmitter;
  readonly ids: IdSource;
  readonly timing: RetryTiming;
  readonly connection: Connection | undefined;
  readonly attachments: AttachmentHooks<ContentMap, JsonValue, JsonValue> | undefined;
  /** What the server takes, once it has said. */
  readonly limits: () => FeedInfo['limits'] | undefined;
  /** Conversations that send at the same time. */
  readonly parallel: number;
  /** After so long without an answer the outcome counts as unknown. */
  readonly timeoutMs: number;
  /** Another tab may have led before: what it sent may have passed. */
  readonly severalTabs: boolean;
  readonly closing: AbortSignal;
  readonly onChange: (conversationId: ConversationId) => void;
  /** Drafts are in the local store, for another tab to send. */
  readonly onKept: (drafts: readonly Draft[]) => void;
  /** For the other tabs. */
  readonly onSent: (receipt: Receipt) => void;
  readonly onProgress: (id: CommandId, progress: readonly number[]) => void;
}

/** One term of sending. */
interface Term {
  readonly signal: AbortSignal;
  readonly replica: LocalReplica;
  readonly lanes: OutboxLanes;
  readonly confirmations: KeyedTasks<CommandId>;
}

/** How long the feed may take to bring a message that it should bring. */
const FEED_GRACE_MS = 5_000;
/** Sockets that the server closes while a message is under way alone, until that message has failed. */
const MAX_CUTS = 2;

export function createOutbox(options: OutboxOptions): Outbox {
  const { trpc, userId, replica, events, ids, timing, connection, closing, onChange } = options;
  let term: Term | undefined;
  let isOnline = false;
  let lastOrder = 0;
  let restoring: Promise<void> | undefined;
  let persisting = false;
  /** The last of those under suspicion, which are sent one after the other. */
  let suspect: Promise<unknown> = Promise.resolve();

  const entries = createOutboxEntries({
    userId,
    events,
    onChange,
    onAdopt: (slot) => {
      lastOrder = Math.max(lastOrder, slot.entry.draft.order);
      enqueue(slot);
    },
    onDrop: ({ entry: { draft } }) => {
      if (term) run(term, term.lanes.remove(draft.conversationId, draft.clientMessageId));
    },
  });
  const { slots, unkept } = entries;
  replica.onCommit(entries.notice);

  function enqueue({ entry: { draft, status } }: Slot): void {
    if (term && status === 'pending') run(term, term.lanes.add(draft.conversationId, draft.clientMessageId));
  }

  // ── Keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function restored(): Promise<void> {
    restoring ??= restore();
    return restoring;
  }

  /** Drafts of earlier runs come before those that were handed in while they were being loaded. */
  async function restore(): Promise<void> {
    await replica.open();
    const early = entries.takeAll();
    for (const draft of replica.initial.drafts) {
      lastOrder = Math.max(lastOrder, draft.order);
      enqueue(entries.add(draft, 'yes'));
      onChange(draft.conversationId);
    }
    for (const slot of early) {
      const restored = slots.get(slot.entry.draft.clientMessageId);
      if (!restored) {
        entries.readd(slot);
        continue;
      }
      // Handed in again under the id of a draft that was kept: it is that draft.
      unkept.delete(slot);
      restored.receipt.then(slot.resolve, slot.reject);
    }
  }

  /** All that is not kept yet goes in one transaction, so a store that fails for a while cannot change the order. */
  async function persist(): Promise<void> {
    if (persisting) return;
    persisting = true;
    try {
      await restored();
      while (unkept.size > 0) {
        let batch: Slot[] = [];
        await replica.commitSurely(() => {
          batch = [...unkept];
          for (const slot of batch) {
            lastOrder += 1;
            slot.entry = { ...slot.entry, draft: { ...slot.entry.draft, order: lastOrder } };
          }
          return batch.length > 0 ? { putDrafts: batch.map((slot) => slot.entry.draft) } : undefined;
        });
        // One discarded meanwhile is no longer unkept; its removal is the next transaction.
        for (const slot of batch) {
          if (!unkept.delete(slot)) continue;
          const { clientMessageId, conversationId } = slot.entry.draft;
          events.emit('queued', { clientMessageId, conversationId });
          enqueue(slot);
        }
        if (!term) options.onKept(batch.map((slot) => slot.entry.draft));
      }
    } catch (error) {
      if (!closing.aborted) throw error;
    } finally {
      persisting = false;
    }
  }

  async function discardNow(slot: Slot): Promise<void> {
    const id = slot.entry.draft.clientMessageId;
    entries.drop(slot);
    slot.reject(new DraftDiscardedError(`${id} was discarded before it was stored`));
    await replica.commitSurely(() => (slots.has(id) ? undefined : { removeDrafts: [id] }));
  }

  // ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function run(own: Term, effects: readonly LaneEffect[], error?: TidemarkError): void {
    for (const effect of effects) {
      if (effect.type === 'send') void attempt(own, effect.conversationId, effect.id);
      else void wait(own, effect, error);
    }
  }

  async function wait(own: Term, effect: Extract<LaneEffect, { type: 'wait' }>, error: unknown): Promise<void> {
    const { conversationId, attempt, ticket } = effect;
    await waitToRetry({ what: 'send', attempt, error }, timing, events, own.signal);
    if (!own.signal.aborted) run(own, own.lanes.due(conversationId, ticket));
  }

  async function attempt(own: Term, conversationId: ConversationId, id: CommandId): Promise<void> {
    const slot = slots.get(id);
    if (!slot || own.signal.aborted) return;
    try {
      const message = await prepare(own, slot);
      checkSize(message.content, options.limits());
      const receipt = await callOrSuspect(own, slot, message);
      if (own.signal.aborted) return;
      run(own, own.lanes.settle(conversationId, id, 'done'));
      if (slots.get(id) === slot) received(own, slot, receipt);
    } catch (thrown) {
      // A discarded one has left its lane, which may be sending another already.
      if (own.signal.aborted || slot.upload?.signal.aborted) return;
      const { kind, error } = callOutcome(thrown);
      if (kind === 'final') {
        if (slots.get(id) === slot) await fail(own, slot, error);
        run(own, own.lanes.settle(conversationId, id, 'done'));
        return;
      }
      if (error.code === 'unauthenticated') connection?.renew();
      run(own, own.lanes.settle(conversationId, id, 'again'), error);
    }
  }

  /** The message as it is sent: its attachments are uploaded first. */
  async function prepare(own: Term, slot: Slot): Promise<Content<ContentMap>> {
    const { draft } = slot.entry;
    if (!draft.attachments) return draft.message;
    const hooks = options.attachments;
    if (!hooks) throw new TidemarkError('invalid_input', 'this client has no option attachments');
    const upload = new AbortController();
    slot.upload = upload;
    const release = onAbort(own.signal, () => upload.abort());
    try {
      const uploads = await hooks.upload.all(draft, {
        signal: upload.signal,
        clock: timing.clock,
        progress: slot.entry.attachments.map((each) => each.progress),
        onProgress: (progress) => {
          entries.show(slot, { attachments: attachmentsOf(slot.entry.draft, progress) });
          options.onProgress(draft.clientMessageId, progress);
        },
        keep: (attachments) => keep(own, slot, { attachments }),
      });
      return complete(hooks, draft, uploads);
    } finally {
      release();
      if (!upload.signal.aborted) slot.upload = undefined;
    }
  }

  /** Unless it was dropped meanwhile. */
  async function keep(own: Term, slot: Slot, change: Partial<Draft>): Promise<void> {
    const id = slot.entry.draft.clientMessageId;
    await own.replica.commitSurely(() =>
      slots.get(id) === slot ? { putDrafts: [{ ...slot.entry.draft, ...change }] } : undefined,
    );
  }

  /**
   * The server closes a socket for a frame that it does not take, and whatever else was under way on it is cut too. All of
   * them are sent again one by one, so that it shows which it was: that one has failed.
   */
  async function callOrSuspect(own: Term, slot: Slot, message: Content<ContentMap>): Promise<Receipt> {
    const send = async (): Promise<Receipt> => {
      const before = connection?.refusedFrames;
      try {
        return await call(own, slot.entry.draft, message);
      } catch (error) {
        if (connection?.refusedFrames !== before) slot.cuts += 1;
        if (slot.cuts < MAX_CUTS) throw error;
        slot.cuts = 0;
        throw new TidemarkError('content_too_large', 'the server closes sockets that send it', {
          cause: error,
        });
      }
    };
    if (slot.cuts === 0) return send();
    const turn = suspect.then(send);
    suspect = turn.catch(() => undefined);
    return turn;
  }

  async function call(own: Term, draft: Draft, message: Content<ContentMap>): Promise<Receipt> {
    const { conversationId, clientMessageId, retries } = draft;
    const input = { conversationId, clientMessageId, ...message, ...(retries !== undefined && { retry: retries }) };
    const send = (signal: AbortSignal): Promise<Receipt> => trpc.send.mutate(input, { signal });
    return within(options.timeoutMs, 'sendTimeoutMs', send, timing.clock, own.signal);
  }

  function received(own: Term, slot: Slot, receipt: Receipt): void {
    entries.sent(slot, receipt);
    options.onSent(receipt);
    expectMessage(own, slot);
  }

  /** Sees to it that the message of a receipt comes. */
  function expectMessage(own: Term, slot: Slot): void {
    const id = slot.entry.draft.clientMessageId;
    if (slot.passed === 'yes') own.confirmations.add(id);
    if (slot.passed !== 'perhaps') return;
    void timing.clock.sleep(FEED_GRACE_MS, own.signal).then(() => {
      if (!own.signal.aborted && slots.get(id) === slot) own.confirmations.add(id);
    });
  }

  async function fail(own: Term, slot: Slot, error: TidemarkError): Promise<void> {
    const failure = { code: error.code, field: error.field ?? null, detail: error.detail };
    slot.refusal = error;
    // What shows it as failed is the commit, here as in the other tabs.
    await keep(own, slot, { failure }).catch(() => undefined);
  }

  // ── Becoming a message ───────────────────────────────────────────────────────────────────────────────────────────

  /** Fetches a message that the feed will not bring. */
  async function confirm(own: Omit<Term, 'confirmations' | 'lanes'>, id: CommandId): Promise<void> {
    const receipt = slots.get(id)?.entry.receipt;
    if (!receipt) return;
    const { conversationId, conversationSeq } = receipt;
    const page = await unlessRefused(
      trpc.conversations.history.query(
        { conversationId, after: conversationSeq - 1, limit: 1 },
        { signal: own.signal },
      ),
    );
    const found = page?.events.find((event) => event.conversationSeq === conversationSeq);
    await own.replica.commit(() => ({ ...(found && { events: [found] }), removeDrafts: [id] }));
  }

  /** No longer among the drafts of the local store, for a reason that was not heard. */
  async function settleGone(slot: Slot): Promise<void> {
    const { clientMessageId, conversationId } = slot.entry.draft;
    entries.drop(slot);
    if (slot.entry.status === 'sent') return;
    const newest = await replica.events({ conversationId, limit: 500 }).catch((): Event[] => []);
    const event = newest.find((each): each is MessageSent => isMessage(each, userId, clientMessageId));
    if (event) entries.stored(slot, event);
    else slot.reject(new TidemarkError('outcome_unknown', 'another tab has sent or discarded it'));
  }

  return {
    start: async () => {
      void persist();
      await restored();
    },
    lead: (signal, own) => {
      const leading = { signal, replica: own };
      const confirmations = createKeyedTasks<CommandId>(
        { what: 'send', limit: 4, timing, events, closing: signal },
        (id) => confirm(leading, id),
      );
      const begun: Term = { ...leading, confirmations, lanes: createOutboxLanes(options.parallel) };
      term = begun;
      onAbort(signal, () => {
        if (term === begun) term = undefined;
      });
      const kept = [...slots.values()].filter((slot) => !unkept.has(slot));
      for (const slot of kept.sort((a, b) => a.entry.draft.order - b.entry.draft.order)) {
        if (options.severalTabs) slot.passed = 'yes';
        if (slot.entry.status === 'sent') expectMessage(begun, slot);
        enqueue(slot);
      }
      run(begun, begun.lanes.online(isOnline));
    },
    send: (conversationId, message, { clientMessageId, attachments }) => {
      if (closing.aborted) throw new TidemarkError('closing', 'the client was closed');
      const id =
        clientMessageId === undefined
          ? ids.commandId(timing.clock.now())
          : parseCommandId(clientMessageId, 'clientMessageId');
      const known = slots.get(id);
      if (known) return { id, receipt: known.receipt };
      // A copy: what the application does to its object later must not change what is sent.
      const content = JSON.parse(JSON.stringify(message.content)) as JsonObject;
      const draft: Draft = {
        clientMessageId: id,
        conversationId,
        message: { type: message.type, content },
        at: timing.clock.now(),
        order: Number.MAX_SAFE_INTEGER,
        failure: null,
        ...(attachments &&
          attachments.length > 0 && {
            attachments: attachments.map((source) => ({ source: JSON.parse(JSON.stringify(source)) as JsonValue })),
          }),
      };
      const slot = entries.add(draft, 'no');
      unkept.add(slot);
      onChange(conversationId);
      void persist();
      return { id, receipt: slot.receipt };
    },
    discardUnkept: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (!slot || !unkept.has(slot)) return false;
      await discardNow(slot);
      return true;
    },
    retry: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (slot?.entry.status !== 'failed') return;
      const { draft } = slot.entry;
      // A slot of its own: the earlier receipt was rejected.
      entries.drop(slot);
      unkept.add(entries.add({ ...draft, failure: null, retries: (draft.retries ?? 0) + 1 }, 'yes'));
      onChange(draft.conversationId);
      await persist();
    },
    discard: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (!slot || slot.entry.status === 'sent') return;
      await discardNow(slot);
    },
    online: (online) => {
      isOnline = online;
      if (term) run(term, term.lanes.online(online));
    },
    entriesOf: entries.of,
    storedAtReset: () => {
      const stored: CommandId[] = [];
      for (const [id, slot] of slots) {
        if (slot.entry.status === 'sent') stored.push(id);
        else slot.passed = 'yes';
      }
      return stored;
    },
    reconcile: (drafts) => {
      const kept = new Set(drafts.map((draft) => draft.clientMessageId));
      for (const draft of drafts) entries.adopt(draft);
      for (const [id, slot] of [...slots]) if (!kept.has(id) && !unkept.has(slot)) void settleGone(slot);
    },
    sentElsewhere: (receipt) => {
      const slot = slots.get(receipt.clientMessageId);
      if (slot && slot.entry.status !== 'sent') entries.sent(slot, receipt);
    },
    progressElsewhere: (id, progress) => {
      const slot = slots.get(id);
      if (slot) entries.show(slot, { attachments: attachmentsOf(slot.entry.draft, progress) });
    },
    has: (id) => slots.has(id),
    receipts: () => [...slots.values()].flatMap(({ entry }) => entry.receipt ?? []),
    close: (error) => {
      for (const slot of slots.values()) slot.reject(error);
    },
    forget: () => {
      entries.takeAll();
    },
  };
}

/** What the application's own function throws will not go away by itself. */
function complete(
  hooks: NonNullable<OutboxOptions['attachments']>,
  { message }: Draft,
  uploads: readonly JsonValue[],
): Content<ContentMap> {
  try {
    const { type, content } = hooks.complete(message, uploads);
    return { type, content };
  } catch (cause) {
    throw new TidemarkError('invalid_content', 'the attachments could not be put into it', { cause });
  }
}
