/**
 * Stage   0 outbox: keeps what the user wants to say, and says it until it is stored
 * In      drafts
 * Out     `send` calls; receipts; drafts as shown on a screen
 * Keeps   P1 (kept first, sent again until receipt or final error, over restarts), P3 (always the same clientMessageId),
 *         P5 (one at a time and in order within a conversation), P11 (at most `parallel` calls at once)
 * Proved  packages/client/test/outbox.test.ts, outbox-lanes.property.test.ts
 */
import {
  backoff,
  type CommandId,
  type Content,
  type ContentMap,
  type ConversationId,
  type Event,
  type IdSource,
  type JsonObject,
  type MessageSent,
  parseCommandId,
  type Receipt,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { callOutcome } from '../call-outcome.ts';
import type { ClientEmitter } from '../client-events.ts';
import type { Connection } from '../connection/connection.ts';
import type { LocalReplica, RetryTiming } from '../local-store/local-replica.ts';
import type { Draft, LocalChanges } from '../local-store/local-store.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import { createKeyedTasks } from '../sync/keyed-tasks.ts';
import { createOutboxLanes, type LaneEffect } from './outbox-lanes.ts';

/** The message was discarded by the application before it was stored. */
export class DraftDiscardedError extends Error {
  override readonly name = 'DraftDiscardedError';
}

/** A draft and what became of it. Replaced, never changed. */
export interface OutboxEntry {
  readonly draft: Draft;
  /** `sent`: stored by the server, not here yet as a message. */
  readonly status: 'pending' | 'sent' | 'failed';
  readonly receipt: Receipt | null;
  readonly error: TidemarkError | null;
}

export interface Outbox {
  /** Loads the drafts of earlier runs and begins to send while online. */
  start(): void;
  send(
    conversationId: ConversationId,
    message: Content<ContentMap>,
    clientMessageId?: string,
  ): { id: CommandId; receipt: Promise<Receipt> };
  retry(id: CommandId): Promise<void>;
  discard(id: CommandId): Promise<void>;
  online(online: boolean): void;
  /** What is not here yet as a message, in the order of `send`. */
  entriesOf(conversationId: ConversationId): readonly OutboxEntry[];
  /** For the transaction of a snapshot: drafts that are stored by now, so that what follows from it holds them. */
  storedAtReset(): CommandId[];
  close(): void;
}

export interface OutboxOptions {
  readonly trpc: MessagingTrpc;
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly events: ClientEmitter;
  readonly ids: IdSource;
  readonly timing: RetryTiming;
  readonly connection: Connection | undefined;
  /** Conversations that send at the same time. */
  readonly parallel: number;
  /** After so long without an answer the outcome counts as unknown. */
  readonly timeoutMs: number;
  readonly closing: AbortSignal;
  readonly onChange: (conversationId: ConversationId) => void;
}

/** An entry with what only this run knows. */
interface Slot {
  entry: OutboxEntry;
  /**
   * The feed may have passed the message already (sent in an earlier run, or a reset came in between): it will not come
   * by itself, and is fetched once the receipt tells where it is.
   */
  mayHavePassed: boolean;
  readonly receipt: Promise<Receipt>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { trpc, userId, replica, events, ids, timing, connection, closing, onChange } = options;
  const lanes = createOutboxLanes(options.parallel);
  const slots = new Map<CommandId, Slot>();
  const byConversation = new Map<ConversationId, Map<CommandId, Slot>>();
  /** Not kept yet, in the order of `send`. */
  const unkept = new Set<Slot>();
  let lastOrder = 0;
  let restoring: Promise<void> | undefined;
  let persisting = false;

  const confirmations = createKeyedTasks<CommandId>({ what: 'send', limit: 4, timing, events, closing }, confirm);
  replica.onCommit(noticeStored);

  function addSlot(entry: OutboxEntry, mayHavePassed: boolean): Slot {
    let resolve!: (receipt: Receipt) => void;
    let reject!: (error: Error) => void;
    const receipt = new Promise<Receipt>((...settle) => ([resolve, reject] = settle));
    // Nobody has to await it, and a rejection nobody awaits must not end the process.
    receipt.catch(() => undefined);
    const slot: Slot = { entry, mayHavePassed, receipt, resolve, reject };
    index(slot);
    return slot;
  }

  function index(slot: Slot): void {
    const { clientMessageId, conversationId } = slot.entry.draft;
    slots.set(clientMessageId, slot);
    const own = byConversation.get(conversationId) ?? new Map<CommandId, Slot>();
    byConversation.set(conversationId, own.set(clientMessageId, slot));
  }

  function dropSlot(slot: Slot): void {
    const { clientMessageId, conversationId } = slot.entry.draft;
    slots.delete(clientMessageId);
    unkept.delete(slot);
    const own = byConversation.get(conversationId);
    own?.delete(clientMessageId);
    if (own?.size === 0) byConversation.delete(conversationId);
    run(lanes.remove(conversationId, clientMessageId));
    onChange(conversationId);
  }

  function show(slot: Slot, entry: OutboxEntry): void {
    slot.entry = entry;
    onChange(entry.draft.conversationId);
  }

  // ── Keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function restored(): Promise<void> {
    restoring ??= restore();
    return restoring;
  }

  /** Drafts of earlier runs come before those that were handed in while they were being loaded. */
  async function restore(): Promise<void> {
    await replica.open();
    const early = [...slots.values()];
    slots.clear();
    byConversation.clear();
    for (const draft of replica.initial.drafts) {
      lastOrder = Math.max(lastOrder, draft.order);
      const error =
        draft.failure &&
        new TidemarkError(draft.failure.code, draft.failure.detail, { field: draft.failure.field ?? undefined });
      addSlot({ draft, status: error ? 'failed' : 'pending', receipt: null, error }, true);
      if (!error) run(lanes.add(draft.conversationId, draft.clientMessageId));
      onChange(draft.conversationId);
    }
    for (const slot of early) {
      const restored = slots.get(slot.entry.draft.clientMessageId);
      if (!restored) {
        index(slot);
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
        await replica.commitSurely('store', () => {
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
          run(lanes.add(conversationId, clientMessageId));
        }
      }
    } catch (error) {
      if (!closing.aborted) throw error;
    } finally {
      persisting = false;
    }
  }

  function remove(id: CommandId): Promise<void> {
    return replica.commitSurely('store', () => (slots.has(id) ? undefined : { removeDrafts: [id] }));
  }

  // ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function run(effects: readonly LaneEffect[], error?: TidemarkError): void {
    for (const effect of effects) {
      if (effect.type === 'send') void attempt(effect.conversationId, effect.id);
      else void wait(effect, error);
    }
  }

  async function wait(effect: Extract<LaneEffect, { type: 'wait' }>, error: unknown): Promise<void> {
    const { conversationId, attempt, ticket } = effect;
    const waitMs = backoff(attempt, timing);
    events.emit('retrying', { what: 'send', attempt, waitMs, error });
    await timing.clock.sleep(waitMs, closing);
    if (!closing.aborted) run(lanes.due(conversationId, ticket));
  }

  async function attempt(conversationId: ConversationId, id: CommandId): Promise<void> {
    const slot = slots.get(id);
    if (!slot || closing.aborted) return;
    try {
      const receipt = await call(slot.entry.draft);
      if (closing.aborted) return;
      run(lanes.settle(conversationId, id, 'done'));
      if (slots.get(id) === slot) received(slot, receipt);
    } catch (thrown) {
      if (closing.aborted) return;
      const { kind, error } = callOutcome(thrown);
      if (kind === 'final') {
        if (slots.get(id) === slot) await fail(slot, error);
        run(lanes.settle(conversationId, id, 'done'));
        return;
      }
      if (error.code === 'unauthenticated') connection?.renew();
      run(lanes.settle(conversationId, id, 'again'), error);
    }
  }

  async function call(draft: Draft): Promise<Receipt> {
    const { conversationId, clientMessageId, message } = draft;
    const ended = new AbortController();
    const abort = (): void => ended.abort();
    closing.addEventListener('abort', abort, { once: true });
    const timeout = timing.clock.sleep(options.timeoutMs, ended.signal).then(() => {
      throw new TidemarkError('outcome_unknown', `no answer within ${options.timeoutMs} ms`);
    });
    timeout.catch(() => undefined);
    try {
      const answer = trpc.send.mutate({ conversationId, clientMessageId, ...message }, { signal: ended.signal });
      return await Promise.race([answer, timeout]);
    } finally {
      closing.removeEventListener('abort', abort);
      ended.abort();
    }
  }

  function received(slot: Slot, receipt: Receipt): void {
    show(slot, { ...slot.entry, status: 'sent', receipt });
    slot.resolve(receipt);
    events.emit('sent', receipt);
    if (slot.mayHavePassed) confirmations.add(receipt.clientMessageId);
  }

  async function fail(slot: Slot, error: TidemarkError): Promise<void> {
    const { clientMessageId, conversationId } = slot.entry.draft;
    const draft: Draft = {
      ...slot.entry.draft,
      failure: { code: error.code, field: error.field ?? null, detail: error.detail },
    };
    await replica
      .commitSurely('store', () => (slots.get(clientMessageId) === slot ? { putDrafts: [draft] } : undefined))
      .catch(() => undefined);
    if (slots.get(clientMessageId) !== slot || closing.aborted) return;
    show(slot, { draft, status: 'failed', receipt: null, error });
    slot.reject(error);
    events.emit('failed', { clientMessageId, conversationId, error });
  }

  // ── Becoming a message ───────────────────────────────────────────────────────────────────────────────────────────

  /** A transaction removed drafts: their messages are here. Whether the receipt came before does not matter. */
  function noticeStored(changes: LocalChanges): void {
    for (const id of changes.removeDrafts ?? []) {
      const slot = slots.get(id);
      if (!slot) continue;
      if (slot.entry.status !== 'sent') {
        const event = changes.events?.find((each): each is MessageSent => isMessage(each, userId, id));
        if (!event) continue;
        const receipt = receiptOf(event, id);
        slot.resolve(receipt);
        events.emit('sent', receipt);
      }
      dropSlot(slot);
    }
  }

  /** Fetches a message that the feed will not bring. */
  async function confirm(id: CommandId): Promise<void> {
    const receipt = slots.get(id)?.entry.receipt;
    if (!receipt) return;
    const { conversationId, conversationSeq } = receipt;
    let found: Event | undefined;
    try {
      const page = await trpc.conversations.history.query(
        { conversationId, after: conversationSeq - 1, limit: 1 },
        { signal: closing },
      );
      found = page.events.find((event) => event.conversationSeq === conversationSeq);
    } catch (error) {
      if (callOutcome(error).kind !== 'final') throw error;
    }
    await replica.commit(() => ({ ...(found && { events: [found] }), removeDrafts: [id] }));
  }

  return {
    start: () => {
      void persist();
    },
    send: (conversationId, message, clientMessageId) => {
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
      };
      const slot = addSlot({ draft, status: 'pending', receipt: null, error: null }, false);
      unkept.add(slot);
      onChange(conversationId);
      void persist();
      return { id, receipt: slot.receipt };
    },
    retry: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (slot?.entry.status !== 'failed') return;
      const { conversationId } = slot.entry.draft;
      // A slot of its own: the earlier receipt was rejected.
      dropSlot(slot);
      unkept.add(
        addSlot({ draft: { ...slot.entry.draft, failure: null }, status: 'pending', receipt: null, error: null }, true),
      );
      onChange(conversationId);
      await persist();
    },
    discard: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (!slot || slot.entry.status === 'sent') return;
      dropSlot(slot);
      slot.reject(new DraftDiscardedError(`${id} was discarded before it was stored`));
      await remove(id);
    },
    online: (online) => {
      run(lanes.online(online));
    },
    entriesOf: (conversationId) => [...(byConversation.get(conversationId)?.values() ?? [])].map((slot) => slot.entry),
    storedAtReset: () => {
      const stored: CommandId[] = [];
      for (const [id, slot] of slots) {
        if (slot.entry.status === 'sent') stored.push(id);
        else slot.mayHavePassed = true;
      }
      return stored;
    },
    close: () => {
      const error = new TidemarkError(
        'outcome_unknown',
        'the client was closed; the draft is kept and sent at the next start',
      );
      for (const slot of slots.values()) slot.reject(error);
    },
  };
}

function isMessage(event: Event, userId: UserId, id: CommandId): event is MessageSent {
  return event.type === 'message.sent' && event.actorId === userId && event.commandId === id;
}

function receiptOf({ messageId, conversationId, conversationSeq, actorId, at }: MessageSent, id: CommandId): Receipt {
  return { messageId, clientMessageId: id, conversationId, conversationSeq, senderId: actorId, at };
}
