/**
 * Stage   0 outbox: keeps drafts, and sends them until they are stored
 * In      drafts
 * Out     `send` calls; receipts; drafts as shown on a screen
 * Keeps   P1 (kept first, sent again until receipt or final error, over restarts), P3 (always the same clientMessageId),
 *         P5 (one at a time and in order within a conversation), P11 (at most `parallelSends` calls at once)
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
  type IdSource,
  type JsonObject,
  type JsonValue,
  type MentionsInput,
  parseCommandId,
  type Receipt,
  type SettingsChange,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { onAbort } from '../abort-signal.ts';
import type { SendHandle, SendOptions } from '../client.ts';
import { throwIfClosed } from '../closed.ts';
import type { CommitListener, LocalReplica } from '../local-store/local-replica.ts';
import type { Draft, DraftEdit, DraftReaction, DraftRevoke, DraftTarget } from '../local-store/local-store.ts';
import type { Tabs } from '../tabs/tabs.ts';
import { createOutboxEntries, type OutboxEntry, type Slot, type Stored, targetOf } from './outbox-entries.ts';
import { createSending, type Sending, type SendingOptions } from './sending.ts';

export interface Outbox {
  /** Loads the drafts of earlier runs, and keeps what was handed in before that. Idempotent. */
  start(): Promise<void>;
  /** Begins to send, until `term` aborts. @param replica writes for that term only */
  lead(term: AbortSignal, replica: LocalReplica): void;
  send(
    conversationId: ConversationId,
    message: Content<ContentMap>,
    options: SendOptions<JsonValue>,
    replyTo: DraftTarget | undefined,
  ): SendHandle;
  /** Gives a message of the user's another content: in its draft where that was never sent, else by a draft of its own behind it. */
  edit(
    conversationId: ConversationId,
    edit: DraftEdit,
    message: Content<ContentMap>,
    mentions: MentionsInput | undefined,
    commandId?: string,
  ): Promise<Stored>;
  /**
   * Switches a reaction of the user's. Its opposite that was never sent is discarded instead, and both come to nothing: what the last
   * one wants is so already.
   */
  react(conversationId: ConversationId, reaction: DraftReaction, commandId?: string): Promise<unknown>;
  /**
   * Takes a message back. One of the user's that was never sent is discarded, and nothing is sent; else this is, behind it, in place of what
   * waits to be said of it.
   */
  revoke(conversationId: ConversationId, revoke: DraftRevoke, commandId?: string): Promise<unknown>;
  /** Sets how the user sees a conversation. */
  set(conversationId: ConversationId, settings: SettingsChange, commandId?: string): Promise<unknown>;
  /** Discards a draft that is not in the local store yet. False when it is: then the leader has to. */
  discardUnsaved(id: CommandId): Promise<boolean>;
  /** In the tab that leads. */
  retry(id: CommandId): Promise<void>;
  /** In the tab that leads. */
  discard(id: CommandId): Promise<void>;
  online(online: boolean): void;
  /** Drafts whose message is not here yet, in the order of `send`. */
  entriesOf(conversationId: ConversationId): readonly OutboxEntry[];
  /** The feed goes on from somewhere else: what was sent before will not come by itself. */
  reset(): void;

  /** A committed change. */
  notice: CommitListener;
  /** Takes in the drafts of the local store, read again, since changes by other tabs may have been missed. */
  reconcile(drafts: readonly Draft[]): void;
  /** The tab that leads has got a receipt. */
  sentElsewhere(receipt: Stored): void;
  progressElsewhere(id: CommandId, progress: readonly number[]): void;
  has(id: CommandId): boolean;
  /** Receipts whose messages are not here yet. */
  receipts(): Stored[];
  close(error: Error): void;
  /** After `close`: nothing is shown any more. */
  forget(): void;
}

export interface OutboxOptions extends SendingOptions {
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly ids: IdSource;
  /** Another tab may have led before: what it sent may have passed. */
  readonly tabs?: Tabs | undefined;
  readonly closing: AbortSignal;
  readonly onChange: (conversationId: ConversationId) => void;
  /** Drafts are in the local store, for another tab to send. */
  readonly onKept: (drafts: readonly Draft[]) => void;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { userId, replica, events, ids, timing, closing, onChange } = options;
  let sending: Sending | undefined;
  let isOnline = false;
  let lastOrder = 0;
  let restoring: Promise<void> | undefined;
  let persisting = false;

  const entries = createOutboxEntries({
    userId,
    events,
    onChange,
    onAdopt: (slot) => {
      lastOrder = Math.max(lastOrder, slot.entry.draft.order);
      sending?.add(slot);
    },
    onDrop: ({ entry }) => sending?.remove(entry.draft),
  });
  const { slots, unsaved } = entries;

  function restored(): Promise<void> {
    restoring ??= restore();
    return restoring;
  }

  /** Drafts of earlier runs come before those that were handed in while they were being loaded. */
  async function restore(): Promise<void> {
    await replica.open();
    const early = entries.takeAll();
    for (const draft of replica.initial.drafts) entries.adopt(draft, 'yes');
    for (const slot of early) {
      const restored = slots.get(slot.entry.draft.clientMessageId);
      if (!restored) {
        entries.readd(slot);
        continue;
      }
      // Handed in again under the id of a draft that was kept: it is that draft.
      unsaved.delete(slot);
      restored.receipt.then(slot.resolve, slot.reject);
    }
  }

  /** Saves all drafts in one transaction, so that a store that fails for a while cannot change their order. */
  async function persist(): Promise<void> {
    if (persisting) return;
    persisting = true;
    try {
      await restored();
      while (unsaved.size > 0) {
        let batch: Slot[] = [];
        await replica.commitSurely(() => {
          batch = [...unsaved];
          for (const slot of batch) {
            lastOrder += 1;
            slot.entry = { ...slot.entry, draft: { ...slot.entry.draft, order: lastOrder } };
          }
          return batch.length > 0 ? { putDrafts: batch.map((slot) => slot.entry.draft) } : undefined;
        });
        // One discarded meanwhile is no longer unsaved; its removal is the next transaction.
        for (const slot of batch) {
          if (!unsaved.delete(slot)) continue;
          const { clientMessageId, conversationId } = slot.entry.draft;
          events.emit('queued', { clientMessageId, conversationId });
          sending?.add(slot);
        }
        if (!sending) options.onKept(batch.map((slot) => slot.entry.draft));
      }
    } catch (error) {
      if (!closing.aborted) throw error;
    } finally {
      persisting = false;
    }
  }

  /** Adds a draft. When there is one under the id already, that one stands. */
  function enqueue(
    conversationId: ConversationId,
    { type, content }: Content<ContentMap>,
    [field, given]: readonly [field: string, given: string | undefined],
    rest: Partial<Pick<Draft, 'edit' | 'reaction' | 'revoke' | 'settings' | 'attachments' | 'replyTo' | 'mentions'>>,
  ): Slot {
    const at = timing.clock.now();
    const clientMessageId = given === undefined ? ids.commandId(at) : parseCommandId(given, field);
    const known = slots.get(clientMessageId);
    if (known) return known;
    const message = { type, content: copyOf(content) };
    const order = Number.MAX_SAFE_INTEGER;
    const slot = take({ clientMessageId, conversationId, message, at, order, failure: null, ...rest }, 'no');
    void persist();
    return slot;
  }

  function take(draft: Draft, passed: Slot['passed']): Slot {
    const slot = entries.add(draft, passed);
    unsaved.add(slot);
    onChange(draft.conversationId);
    return slot;
  }

  /** What waits to be said of a message. */
  function saidOf({ senderId, clientMessageId }: DraftTarget): Slot[] {
    return [...slots.values()].filter(({ entry }) => {
      const target = targetOf(entry.draft);
      return target?.clientMessageId === clientMessageId && target.senderId === senderId;
    });
  }

  /** Discards a draft, and what waits behind it for its message. */
  function discardNow(slot: Slot): Promise<void> {
    return discardAll([slot, ...saidOf({ senderId: userId, clientMessageId: slot.entry.draft.clientMessageId })]);
  }

  async function discardAll(all: readonly Slot[], error?: TidemarkError): Promise<void> {
    if (all.length === 0) return;
    for (const each of all) entries.discard(each, error);
    const gone = all.map((each) => each.entry.draft.clientMessageId);
    await replica.commitSurely(() => {
      const removeDrafts = gone.filter((id) => !slots.has(id));
      return removeDrafts.length > 0 ? { removeDrafts } : undefined;
    });
  }

  /** Nothing can be said any more of what was revoked. */
  function dropSaidOfErased(events: readonly Event[]): void {
    const said = events.flatMap((event) => (event.type === 'message.revoked' ? event.targets.flatMap(saidOf) : []));
    const open = said.filter(({ entry }) => entry.status !== 'sent' && !entry.draft.revoke);
    discardAll(open, new TidemarkError('revoked', 'the message was revoked')).catch(() => undefined);
  }

  /** Whether its content may still be replaced: nobody has seen it, and it is not being sent. */
  function isMine(slot: Slot): boolean {
    const { entry, isTried, passed } = slot;
    const isUnsent = entry.status === 'failed' || (entry.status === 'pending' && !isTried && passed === 'no');
    return isUnsent && (sending !== undefined || unsaved.has(slot));
  }

  /** Drops a draft that is gone from the local store, when it was missed why: resolves or rejects its receipt. */
  async function resolveGone(slot: Slot): Promise<void> {
    const { conversationId } = slot.entry.draft;
    entries.drop(slot);
    if (slot.entry.status === 'sent') return;
    const newest = await replica.events({ conversationId, limit: 500 }).catch(() => []);
    if (!entries.stored(slot, newest)) {
      slot.reject(new TidemarkError('outcome_unknown', 'another tab has sent or discarded it'));
    }
  }

  async function edit(
    conversationId: ConversationId,
    edit: DraftEdit,
    message: Content<ContentMap>,
    given: MentionsInput | undefined,
    commandId?: string,
  ): Promise<Stored> {
    throwIfClosed(closing);
    const mentions = copyOf(given);
    const draft = slots.get(edit.target.clientMessageId);
    if (draft && isMine(draft)) {
      entries.rewrite(draft, { message: { type: message.type, content: copyOf(message.content) }, mentions });
      await replica.commitSurely(() =>
        slots.get(edit.target.clientMessageId) === draft && !unsaved.has(draft)
          ? { putDrafts: [draft.entry.draft] }
          : undefined,
      );
      return draft.receipt;
    }
    return enqueue(conversationId, message, ['commandId', commandId], { edit, mentions }).receipt;
  }

  async function react(conversationId: ConversationId, reaction: DraftReaction, commandId?: string): Promise<unknown> {
    throwIfClosed(closing);
    const last = [...slots.values()].findLast(({ entry: { draft } }) => {
      return draft.reaction && switchOf(draft.reaction) === switchOf(reaction);
    });
    if (last?.entry.draft.reaction?.on === reaction.on) return last.receipt;
    if (last && isMine(last)) return discardNow(last);
    return enqueue(conversationId, NOTHING_SAID, ['commandId', commandId], { reaction }).receipt;
  }

  async function revoke(conversationId: ConversationId, revoke: DraftRevoke, commandId?: string): Promise<unknown> {
    throwIfClosed(closing);
    const { target } = revoke;
    const draft = target.senderId === userId ? slots.get(target.clientMessageId) : undefined;
    if (draft && isMine(draft)) return discardNow(draft);
    const said = saidOf(target);
    const before = said.find(({ entry }) => entry.draft.revoke);
    if (before) return before.receipt;
    const dropped = discardAll(said.filter(isMine));
    const { receipt } = enqueue(conversationId, NOTHING_SAID, ['commandId', commandId], { revoke });
    await dropped;
    return receipt;
  }

  return {
    start: async () => {
      void persist();
      await restored();
    },
    lead: (term, own) => {
      const begun = createSending(options, entries, own, term);
      sending = begun;
      onAbort(term, () => {
        if (sending === begun) sending = undefined;
      });
      const kept = [...slots.values()].filter((slot) => !unsaved.has(slot));
      for (const slot of kept.sort((a, b) => a.entry.draft.order - b.entry.draft.order)) {
        if (options.tabs) slot.passed = 'yes';
        begun.add(slot);
      }
      begun.online(isOnline);
    },
    edit,
    react,
    revoke,
    set: async (conversationId, settings, commandId) => {
      throwIfClosed(closing);
      return enqueue(conversationId, NOTHING_SAID, ['commandId', commandId], {
        settings: copyOf(settings as JsonObject),
      }).receipt;
    },
    send: (conversationId, message, { clientMessageId, attachments = [], mentions }, replyTo) => {
      throwIfClosed(closing);
      const sources = attachments.map((source) => ({ source: copyOf(source) }));
      const rest = sources.length > 0 && { attachments: sources };
      const { entry, receipt } = enqueue(conversationId, message, ['clientMessageId', clientMessageId], {
        ...rest,
        replyTo,
        mentions: copyOf(mentions),
      });
      return { clientMessageId: entry.draft.clientMessageId, receipt: receipt as Promise<Receipt> };
    },
    discardUnsaved: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (!slot || !unsaved.has(slot)) return false;
      await discardNow(slot);
      return true;
    },
    retry: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (slot?.entry.status !== 'failed') return;
      const { draft } = slot.entry;
      if (draft.edit) {
        // What was refused under an id stays refused.
        await discardNow(slot);
        edit(draft.conversationId, draft.edit, draft.message, draft.mentions).catch(() => undefined);
        return;
      }
      // A slot of its own: the earlier receipt was rejected.
      entries.drop(slot);
      take({ ...draft, failure: null, retries: (draft.retries ?? 0) + 1 }, 'yes');
      await persist();
    },
    discard: async (id) => {
      await restored();
      const slot = slots.get(id);
      if (slot && slot.entry.status !== 'sent') await discardNow(slot);
    },
    online: (online) => {
      isOnline = online;
      sending?.online(online);
    },
    entriesOf: entries.of,
    notice: (changes, origin) => {
      entries.notice(changes, origin);
      if (changes.events) dropSaidOfErased(changes.events);
    },
    reset: () => {
      for (const slot of slots.values()) {
        slot.passed = 'yes';
        if (slot.entry.status === 'sent') sending?.add(slot);
      }
    },
    reconcile: (drafts) => {
      const kept = new Set(drafts.map((draft) => draft.clientMessageId));
      for (const draft of drafts) entries.adopt(draft, 'perhaps');
      for (const [id, slot] of [...slots]) if (!kept.has(id) && !unsaved.has(slot)) void resolveGone(slot);
    },
    sentElsewhere: (receipt) => {
      const slot = slots.get(receipt.clientMessageId);
      if (slot && slot.entry.status !== 'sent') entries.sent(slot, receipt);
    },
    progressElsewhere: (id, progress) => {
      const slot = slots.get(id);
      if (slot) entries.showProgress(slot, progress);
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

/** The same for switches of one reaction to one message. */
function switchOf({ target, key }: DraftReaction): string {
  return `${target.senderId} ${target.clientMessageId} ${key}`;
}

const NOTHING_SAID = { type: '', content: {} };

/** A copy, since the application may change its object later. */
function copyOf<T extends JsonValue | JsonObject | MentionsInput | undefined>(value: T): T {
  return value && (JSON.parse(JSON.stringify(value)) as T);
}
