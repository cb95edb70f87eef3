import {
  type Clock,
  type Content,
  type ContentMap,
  type ConversationId,
  type ConversationSeq,
  type HistoryStore,
  type MessageId,
  type RegisterOf,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { inTime } from '../in-time.ts';
import type { ServerEventBus } from '../server-events.ts';
import { visibleMessage } from './visible-message.ts';

/** A message that a user reports, with a copy of it as they see it. @typeParam Out content as stored */
export interface Report<Out> {
  readonly reporterId: UserId;
  /** When it was reported, in ms since 1970. */
  readonly at: number;
  /** For programs: 1 to 64 of `a-z 0-9 _ . -`, such as `spam`. */
  readonly reason: string;
  /** In the reporter's words: 1 to 2,000 characters. */
  readonly text?: string | undefined;
  readonly message: ReportedMessage<Out>;
}

export type ReportedMessage<Out> = Content<Out> & {
  readonly conversationId: ConversationId;
  readonly conversationSeq: ConversationSeq;
  readonly messageId: MessageId;
  readonly senderId: UserId;
  /** When it was sent, in ms since 1970. */
  readonly sentAt: number;
  /** 1 until it is edited. */
  readonly version: number;
};

/**
 * Takes a report, and keeps what of it is to be kept: the caller is answered when this resolves, and nothing of the copy is stored
 * here, so that a revoke erases every copy that is. Called again when a client repeats its report.
 *
 * @typeParam Out content as stored
 */
export type OnReport<Out> = (report: Report<Out>) => void | Promise<void>;

/** As its caller gives it, checked. */
export interface GivenReport {
  readonly conversationId: ConversationId;
  /** Of the message. */
  readonly seq: ConversationSeq;
  readonly reason: string;
  readonly text?: string | undefined;
}

/** Hands reports to the application. Stage 1. */
export class Reports {
  readonly #onReport: OnReport<ContentMap> | undefined;
  readonly #timeoutMs: number;
  readonly #history: Pick<HistoryStore, 'range'>;
  readonly #clock: Clock;
  readonly #events: ServerEventBus;

  constructor(options: {
    onReport: OnReport<ContentMap> | undefined;
    timeoutMs: number;
    history: Pick<HistoryStore, 'range'>;
    clock: Clock;
    events: ServerEventBus;
  }) {
    this.#onReport = options.onReport;
    this.#timeoutMs = options.timeoutMs;
    this.#history = options.history;
    this.#clock = options.clock;
    this.#events = options.events;
  }

  /**
   * Resolves when the application has the report.
   *
   * @throws TidemarkError `forbidden` where it takes none, `message_not_found` or `revoked` as reading the message does, `unavailable`
   * where `onReport` fails or takes too long
   */
  async take(reporterId: UserId, { conversationId, seq, reason, text }: GivenReport): Promise<{ at: number }> {
    const onReport = this.#onReport;
    if (!onReport) throw new TidemarkError('forbidden', 'the application takes no reports (onReport)');
    const message = await this.#copyOf({ userId: reporterId, conversationId, seq });
    const at = this.#clock.now();
    const report = { reporterId, at, reason, ...(text !== undefined && { text }), message };
    const late = () => new Error(`onReport took more than ${this.#timeoutMs} ms (reportTimeoutMs)`);
    try {
      // One that is not async may throw, too.
      const taken = (async () => onReport(report))();
      await inTime(this.#clock, this.#timeoutMs, taken, late);
      return { at };
    } catch (error) {
      this.#events.emit('hook-failed', { hook: 'onReport', userId: reporterId, error });
      // Its words are the application's own, and stay here.
      throw new TidemarkError('unavailable', 'the application could not take the report', { cause: error });
    }
  }

  /** The message as its reader sees it now. */
  async #copyOf(place: {
    userId: UserId;
    conversationId: ConversationId;
    seq: ConversationSeq;
  }): Promise<ReportedMessage<ContentMap>> {
    const { message: sent, registers } = await visibleMessage(this.#history, place);
    const edited = registers.find((register): register is RegisterOf<'content'> => register.name === 'content')?.value;
    const { type, content } = edited?.message ?? sent.message;
    return {
      conversationId: sent.conversationId,
      conversationSeq: sent.conversationSeq,
      messageId: sent.messageId,
      senderId: sent.actorId,
      sentAt: sent.at,
      version: edited?.version ?? 1,
      type,
      content,
    };
  }
}
