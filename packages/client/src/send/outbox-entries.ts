import {
  type CommandId,
  type ConversationId,
  type Event,
  type Receipt,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import type { ClientEmitter } from '../client-events.ts';
import type { Draft, DraftTarget, LocalChanges } from '../local-store/local-store.ts';
import { ownDraftIn } from '../sync/own-draft.ts';
import type { UploadingAttachment } from './uploads.ts';

/**
 * The message was discarded by the application before its receipt came. Code `outcome_unknown`, since a send that was under way may
 * have been carried out; policy `give-up`, for nobody sends it again.
 */
export class DraftDiscardedError extends TidemarkError {
  constructor(detail: string) {
    super('outcome_unknown', detail);
  }

  override get policy(): 'give-up' {
    return 'give-up';
  }
}

/** That a draft is stored: of a message, or of what is said of one, which has no message id of its own. */
export type Stored = Receipt | (Omit<Receipt, 'messageId'> & { readonly messageId: null });

/** Where a draft is stored; `messageId`: of a message alone. */
export type Place = Pick<Stored, 'conversationId' | 'conversationSeq' | 'at'> & {
  readonly messageId?: Stored['messageId'];
};

/** A draft and what became of it. Replaced, never changed. */
export interface OutboxEntry {
  readonly draft: Draft;
  /** `sent`: stored by the server, not here yet as a message. */
  readonly status: 'pending' | 'sent' | 'failed';
  readonly receipt: Stored | null;
  readonly error: TidemarkError | null;
  readonly attachments: readonly UploadingAttachment[];
}

/** The message that a draft says something of; undefined where it is one itself. */
export function targetOf({ edit, reaction, revoke }: Draft): DraftTarget | undefined {
  return (edit ?? reaction ?? revoke)?.target;
}

/** What is on or off, or set: it changes nothing where it is so already, and leaves nothing to try again. */
export function isSwitch({ reaction, revoke, settings }: Draft): boolean {
  return (reaction ?? revoke ?? settings) !== undefined;
}

/** Whether a draft is a message itself. */
export function isOwnMessage(draft: Draft): boolean {
  return !draft.edit && !isSwitch(draft);
}

/** An entry with what only this run knows. */
export interface Slot {
  entry: OutboxEntry;
  /**
   * `yes`: the feed may have passed the message already (sent in an earlier run, or a reset came in between): it will not
   * come by itself, and is fetched once the receipt tells where it is. Others are fetched when they do not come.
   */
  passed: 'no' | 'perhaps' | 'yes';
  /** The server may have it, as it was then, or it is on its way there. */
  isTried: boolean;
  /** Ends the upload under way. */
  upload: AbortController | undefined;
  /** How often the server closed the socket for what was sent while this was under way. */
  cuts: number;
  /** The error that is being noted, with its cause, which the local store does not keep. */
  refusal: TidemarkError | undefined;
  readonly receipt: Promise<Stored>;
  readonly resolve: (receipt: Stored) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Drafts whose message is not here yet, with their receipts. The same in all tabs: commits to the local store change them,
 * whichever tab committed.
 */
export interface OutboxEntries {
  readonly slots: ReadonlyMap<CommandId, Slot>;
  /** Not in the local store yet, in the order of `send`. */
  readonly unsaved: Set<Slot>;
  of(conversationId: ConversationId): readonly OutboxEntry[];
  add(draft: Draft, passed: Slot['passed']): Slot;
  /** Takes all out, to be put back with `readd` behind others. */
  takeAll(): Slot[];
  readd(slot: Slot): void;
  drop(slot: Slot): void;
  showProgress(slot: Slot, progress: readonly number[]): void;
  /** The server has stored it. @param place where, and as which message */
  sent(slot: Slot, place: Place): void;
  /** The server has lost it. */
  unsent(slot: Slot): void;
  /** Replaces what it says. */
  rewrite(slot: Slot, said: Pick<Draft, 'message' | 'mentions'>): void;
  /** Whether it is among the events: that is its receipt, whether or not one came before. */
  stored(slot: Slot, events: readonly Event[]): boolean;
  /** @param error why; unless set, that it was discarded */
  discard(slot: Slot, error?: TidemarkError): void;
  /** The draft was put into the local store. @param passed when it is new here */
  adopt(draft: Draft, passed: Slot['passed']): void;
  notice(changes: LocalChanges, origin: 'here' | 'elsewhere'): void;
}

export function createOutboxEntries(options: {
  readonly userId: UserId;
  readonly events: ClientEmitter;
  readonly onChange: (conversationId: ConversationId) => void;
  /** A draft that was kept by another tab, or is to be sent again, is there. */
  readonly onAdopt: (slot: Slot) => void;
  readonly onDrop: (slot: Slot) => void;
}): OutboxEntries {
  const { userId, events, onChange, onAdopt, onDrop } = options;
  const slots = new Map<CommandId, Slot>();
  const unsaved = new Set<Slot>();

  function show(slot: Slot, change: Partial<OutboxEntry>): void {
    slot.entry = { ...slot.entry, ...change };
    onChange(slot.entry.draft.conversationId);
  }

  function sent(slot: Slot, { messageId = null, conversationId, conversationSeq, at }: Place): void {
    const { clientMessageId } = slot.entry.draft;
    const receipt = { messageId, clientMessageId, conversationId, conversationSeq, senderId: userId, at } as Stored;
    show(slot, { status: 'sent', receipt });
    slot.resolve(receipt);
    if (receipt.messageId !== null) events.emit('sent', receipt);
  }

  const entries: OutboxEntries = {
    slots,
    unsaved,
    of: (conversationId) =>
      [...slots.values()].map(({ entry }) => entry).filter(({ draft }) => draft.conversationId === conversationId),
    add: (draft, passed) => {
      let resolve!: (receipt: Stored) => void;
      let reject!: (error: Error) => void;
      const receipt = new Promise<Stored>((...executor) => ([resolve, reject] = executor));
      // Nobody has to await it, and a rejection nobody awaits must not end the process.
      receipt.catch(() => undefined);
      const error = errorOf(draft);
      const status = error ? 'failed' : 'pending';
      const entry = { draft, status, receipt: null, error, attachments: attachmentsOf(draft, []) } as const;
      const slot: Slot = {
        entry,
        passed,
        isTried: false,
        upload: undefined,
        cuts: 0,
        refusal: undefined,
        receipt,
        resolve,
        reject,
      };
      entries.readd(slot);
      return slot;
    },
    takeAll: () => {
      const all = [...slots.values()];
      slots.clear();
      return all;
    },
    readd: (slot) => {
      slots.set(slot.entry.draft.clientMessageId, slot);
    },
    drop: (slot) => {
      const { clientMessageId, conversationId } = slot.entry.draft;
      slots.delete(clientMessageId);
      unsaved.delete(slot);
      slot.upload?.abort();
      onDrop(slot);
      onChange(conversationId);
    },
    showProgress: (slot, progress) => show(slot, { attachments: attachmentsOf(slot.entry.draft, progress) }),
    sent,
    unsent: (slot) => show(slot, { status: 'pending', receipt: null }),
    stored: (slot, found) => {
      const event = found.find((each) => ownDraftIn(each, userId) === slot.entry.draft.clientMessageId);
      if (event) sent(slot, event);
      return event !== undefined;
    },
    rewrite: (slot, said) => show(slot, { draft: { ...slot.entry.draft, ...said } }),
    discard: (slot, error) => {
      const { clientMessageId } = slot.entry.draft;
      slot.reject(error ?? new DraftDiscardedError(`${clientMessageId} was discarded before it was stored`));
      entries.drop(slot);
    },
    adopt: (draft, passed) => {
      const { clientMessageId, conversationId } = draft;
      const slot = slots.get(clientMessageId);
      // A draft of this tab, which is about to be saved.
      if (slot && unsaved.has(slot)) return;
      const error = errorOf(draft);
      if (!slot) {
        onAdopt(entries.add(draft, passed));
        onChange(conversationId);
      } else if (error && slot.entry.status !== 'failed') {
        const refusal = slot.refusal ?? error;
        show(slot, { draft, status: 'failed', receipt: null, error: refusal });
        slot.reject(refusal);
        events.emit('failed', { clientMessageId, conversationId, error: refusal });
      } else if (!error && slot.entry.status === 'failed') {
        // To be sent again: a slot of its own, the earlier receipt was rejected.
        entries.drop(slot);
        onAdopt(entries.add(draft, 'yes'));
        onChange(conversationId);
      } else {
        const known = slot.entry.attachments.map(({ progress }) => progress);
        show(slot, { draft, attachments: attachmentsOf(draft, known) });
      }
    },
    notice: (changes, origin) => {
      for (const draft of changes.putDrafts ?? []) entries.adopt(draft, 'perhaps');
      for (const id of changes.removeDrafts ?? []) {
        const slot = slots.get(id);
        if (!slot) continue;
        if (slot.entry.status === 'sent' || entries.stored(slot, changes.events ?? [])) entries.drop(slot);
        else if (origin === 'elsewhere') entries.discard(slot);
      }
    },
  };
  return entries;
}

/** @param known progress so far, by index */
function attachmentsOf({ attachments = [] }: Draft, known: readonly number[]): UploadingAttachment[] {
  return attachments.map(({ source, uploaded }, index) => {
    return { source, progress: uploaded === undefined ? (known[index] ?? 0) : 1 };
  });
}

function errorOf({ failure }: Draft): TidemarkError | null {
  return failure && new TidemarkError(failure.code, failure.detail, { field: failure.field ?? undefined });
}
