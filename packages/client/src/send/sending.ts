/**
 * Stage   0 outbox: sends what is kept, for one term of leadership
 * In      drafts in the local store
 * Out     `send` calls, receipts, messages fetched that the feed will not bring
 * Keeps   P3 (always the same clientMessageId), P5 (one at a time and in order within a conversation), P11 (at most
 *         `parallelSends` calls at once)
 * Proved  packages/client/test/outbox.test.ts, poison-draft.test.ts, outbox-uploads.test.ts
 */
import {
  type CommandId,
  type Content,
  type ContentMap,
  type ConversationId,
  type FeedInfo,
  type JsonValue,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { createWakeSignal, onAbort } from '../abort-signal.ts';
import { isUnknownProcedure, toTidemarkError } from '../call-error.ts';
import type { ClientEmitter } from '../client-events.ts';
import type { Connection } from '../connection/connection.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { Draft, DraftRevoke } from '../local-store/local-store.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import { createOneAtATime } from '../one-at-a-time.ts';
import { type RetryTiming, waitToRetry } from '../retry.ts';
import { within } from '../within.ts';
import { createExpectedMessages } from './expected-messages.ts';
import { checkSize } from './message-size.ts';
import {
  isOwnMessage,
  isSwitch,
  type OutboxEntries,
  type Place,
  type Slot,
  type Stored,
  targetOf,
} from './outbox-entries.ts';
import { createOutboxLanes, type LaneEffect } from './outbox-lanes.ts';
import type { AttachmentHooks } from './uploads.ts';

/** One term of sending. */
export interface Sending {
  /** Sends a draft that is in the local store, or makes sure that the message of one sent before arrives. */
  add(slot: Slot): void;
  remove(draft: Draft): void;
  online(online: boolean): void;
}

export interface SendingOptions {
  readonly userId: UserId;
  readonly trpc: MessagingTrpc;
  readonly events: ClientEmitter;
  readonly timing: RetryTiming;
  readonly connection: Connection | undefined;
  readonly attachments: AttachmentHooks<ContentMap, JsonValue, JsonValue> | undefined;
  /** What the server takes, once it has said. */
  readonly limits: () => FeedInfo['limits'] | undefined;
  /** Conversations that send at the same time. */
  readonly parallelSends: number;
  /** After so long without an answer the outcome counts as unknown. */
  readonly sendTimeoutMs: number;
  /** For the other tabs. */
  readonly onSent: (receipt: Stored) => void;
  readonly onProgress: (id: CommandId, progress: readonly number[]) => void;
}

/** Sockets that the server closes while a message is under way alone, until that message has failed. */
const MAX_CUTS = 2;

/** @param replica writes for this term only @param term ends it */
export function createSending(
  options: SendingOptions,
  entries: OutboxEntries,
  replica: LocalReplica,
  term: AbortSignal,
): Sending {
  const { trpc, events, timing, connection } = options;
  const lanes = createOutboxLanes(options.parallelSends);
  const woken = createWakeSignal();
  onAbort(term, woken.wake);
  const expected = createExpectedMessages({
    ...options,
    entries,
    replica,
    term,
    woken,
    onLost: (slot) => {
      const { conversationId, clientMessageId } = slot.entry.draft;
      entries.unsent(slot);
      run(lanes.add(conversationId, clientMessageId));
    },
  });
  /** Those under suspicion are sent one after the other. */
  const suspects = createOneAtATime();

  function run(effects: readonly LaneEffect[], error?: TidemarkError): void {
    for (const effect of effects) {
      if (effect.type === 'send') void attempt(effect.conversationId, effect.id);
      else void wait(effect, error);
    }
  }

  async function wait(effect: Extract<LaneEffect, { type: 'wait' }>, error: unknown): Promise<void> {
    await waitToRetry({ what: 'send', attempt: effect.attempt, error }, timing, events, term);
    if (!term.aborted) run(lanes.due(effect.conversationId, effect.ticket));
  }

  async function attempt(conversationId: ConversationId, id: CommandId): Promise<void> {
    const slot = entries.slots.get(id);
    if (!slot || term.aborted) return;
    try {
      // From here on it is sent as it is now.
      slot.isTried = true;
      const message = await prepare(slot);
      checkSize(message.content, options.limits());
      const place = await callOrSuspect(slot, message);
      if (term.aborted) return;
      run(lanes.finish(conversationId, id, 'done'));
      if (entries.slots.get(id) !== slot) return;
      entries.sent(slot, place);
      if (slot.entry.receipt) options.onSent(slot.entry.receipt);
      expected.add(slot);
    } catch (thrown) {
      // A discarded one has left its lane, which may be sending another already.
      if (term.aborted || slot.upload?.signal.aborted) return;
      const error = toTidemarkError(thrown);
      if (error.policy === 'give-up') {
        await fail(slot, error);
        run(lanes.finish(conversationId, id, 'done'));
        return;
      }
      if (error.code === 'unauthenticated') connection?.renew();
      run(lanes.finish(conversationId, id, 'again'), error);
    }
  }

  /** The message as it is sent: its attachments are uploaded first. */
  async function prepare(slot: Slot): Promise<Content<ContentMap>> {
    const { draft, attachments } = slot.entry;
    if (!draft.attachments) return draft.message;
    const hooks = options.attachments;
    if (!hooks) throw new TidemarkError('invalid_input', 'this client has no option attachments');
    const upload = new AbortController();
    slot.upload = upload;
    const release = onAbort(term, () => upload.abort());
    try {
      return await hooks.upload.prepare(draft, hooks, {
        signal: upload.signal,
        clock: timing.clock,
        progress: attachments.map((each) => each.progress),
        onProgress: (progress) => {
          entries.showProgress(slot, progress);
          options.onProgress(draft.clientMessageId, progress);
        },
        keep: (attachments) => keep(slot, { attachments }),
      });
    } finally {
      release();
      if (!upload.signal.aborted) slot.upload = undefined;
    }
  }

  /** Unless it was dropped meanwhile. */
  async function keep(slot: Slot, change: Partial<Draft>): Promise<void> {
    await replica.commitSurely(() => {
      const { draft } = slot.entry;
      return entries.slots.get(draft.clientMessageId) === slot ? { putDrafts: [{ ...draft, ...change }] } : undefined;
    });
  }

  /**
   * The server closes a socket for a frame that it does not take, and whatever else was under way on it is cut too. All of
   * them are sent again one by one, so that it shows which it was: that one has failed.
   */
  async function callOrSuspect(slot: Slot, message: Content<ContentMap>): Promise<Place> {
    const send = async (): Promise<Place> => {
      const before = connection?.refusedFrames;
      try {
        return await call(slot.entry.draft, message);
      } catch (cause) {
        if (connection?.refusedFrames !== before) slot.cuts += 1;
        if (slot.cuts < MAX_CUTS) throw cause;
        slot.cuts = 0;
        throw new TidemarkError('content_too_large', 'the server closes sockets that send it', { cause });
      }
    };
    return slot.cuts === 0 ? send() : suspects.run(send);
  }

  async function call(draft: Draft, message: Content<ContentMap>): Promise<Place> {
    const { conversationId, clientMessageId, retries, replyTo, mentions, edit, reaction, revoke, settings } = draft;
    const content = { ...message, ...(mentions && { mentions }) };
    const send = async (signal: AbortSignal): Promise<Place> => {
      if (isOwnMessage(draft)) {
        const retry = retries !== undefined && { retry: retries };
        return trpc.send.mutate(
          { conversationId, clientMessageId, ...content, ...(replyTo && { replyTo }), ...retry },
          { signal },
        );
      }
      const head = { conversationId, commandId: clientMessageId };
      const said = async (): Promise<Place> => {
        if (edit) return trpc.edit.mutate({ ...head, ...edit, ...content }, { signal });
        if (reaction) return trpc.react.mutate({ ...head, ...reaction }, { signal });
        if (settings) return trpc.conversations.setSettings.mutate({ ...head, ...settings }, { signal });
        const { target, ...reason } = revoke as DraftRevoke;
        return trpc.revoke.mutate({ ...head, targets: [target], ...reason }, { signal });
      };
      return said().catch((cause: unknown) => {
        // Tried until the server is another, it would hold up what waits behind it.
        if (isUnknownProcedure(cause))
          throw new TidemarkError('forbidden', 'the server does not know this yet', { cause });
        throw cause;
      });
    };
    return within(options.sendTimeoutMs, 'sendTimeoutMs', send, timing.clock, term);
  }

  async function fail(slot: Slot, error: TidemarkError): Promise<void> {
    const { draft } = slot.entry;
    const { clientMessageId, conversationId } = draft;
    if (isSwitch(draft) || (targetOf(draft) && error.code === 'revoked')) {
      // What was shown is shown no more; nothing is left to try again.
      entries.discard(slot, error);
      events.emit('failed', { clientMessageId, conversationId, error });
      return replica.commitSurely(() => ({ removeDrafts: [clientMessageId] })).catch(() => undefined);
    }
    const failure = { code: error.code, field: error.field ?? null, detail: error.detail };
    slot.refusal = error;
    // What shows it as failed is the commit, here as in the other tabs.
    await keep(slot, { failure }).catch(() => undefined);
  }

  return {
    add: (slot) => {
      const { draft, status } = slot.entry;
      if (status === 'sent') expected.add(slot);
      if (status === 'pending') run(lanes.add(draft.conversationId, draft.clientMessageId));
    },
    remove: (draft) => run(lanes.remove(draft.conversationId, draft.clientMessageId)),
    online: (online) => {
      run(lanes.online(online));
      if (online) woken.wake();
    },
  };
}
