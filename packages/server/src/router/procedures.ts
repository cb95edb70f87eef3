import {
  type CommandId,
  type CommandOf,
  type CommandResult,
  type CommandType,
  type ConversationId,
  type ConversationSummary,
  type Cursor,
  directConversationId,
  fingerprintAt,
  formatCursor,
  type IdSource,
  type InboxPage,
  type Limits,
  parseCursor,
  type Receipt,
  type Seq,
  type Storage,
  selfConversationId,
  TidemarkError,
  UNREAD_SPAN,
  type UserId,
} from '@tidemark/core';
import * as wire from '@tidemark/core/wire';
import type { z } from 'zod';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { Submission } from '../ingress/submission.ts';
import type { ReactionOptions } from '../options.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { OpenFeed } from '../subscription/open-feed.ts';
import type { Authorizer } from './authorization.ts';
import type { BeforeHookRunner } from './before-hooks.ts';
import type { ContentKinds } from './content-kinds.ts';
import { byJoining, decodeMemberPage, decodePage, encodeMemberPage, encodePage } from './list-page.ts';
import type { MembershipGate } from './membership-gate.ts';
import { pinsOf } from './pins.ts';
import type { Quotas } from './quotas.ts';
import { quotesOf } from './quotes.ts';
import type { RateLimit } from './rate-limit.ts';
import { reactorsOf, requireOffered } from './reactions.ts';
import type { Reports } from './reports.ts';
import { requireWire } from './require-wire.ts';
import { versionsOf } from './versions.ts';

/**
 * Stage   1 router
 * In      a tRPC call
 * Out     a command for the queue, an answer from the store, or a typed error
 * Keeps   P12 every procedure knows its caller and asks for membership; bad input is refused before anything is stored
 * Proved  test/e2e/*, test/e2e/bad-input.test.ts
 */
export function buildProcedures(make: CallMaker, ports: ProcedureOptions) {
  const { storage, submission, content, gate, rate, quotas, authorizer, hooks, reader, ids, limits } = ports;
  const { history } = storage;

  /** What a command costs is known now, and then the application is asked; `count` counts it among its caller's quotas. */
  const submit = async <T extends CommandType>(
    command: CommandOf<T>,
    recipients: number,
    count: (command: CommandOf<T>) => void = () => {},
  ): Promise<CommandResult> => {
    rate.spend(command.actorId, { recipients });
    await authorizer.require(command);
    const decided = await hooks.run(command);
    count(decided);
    return submission.submit(decided);
  };
  const newCommandId = (given: CommandId | undefined): CommandId => given ?? ids.commandId(ports.now());

  return {
    send: make.mutation(wire.sendInput(limits.mentions), async (actorId, input): Promise<Receipt> => {
      const { conversationId, clientMessageId: commandId } = input;
      const message = await content.parse(input.type, input.content);
      const { members } = await gate.admit(actorId, conversationId);
      const { replyTo, mentions, retry } = input;
      const result = await submit(
        { type: 'message.send', conversationId, actorId, commandId, message, replyTo, mentions, retry },
        members,
      );
      if (result.messageId === null) {
        throw new TidemarkError('command_reused', 'was used for another command', { field: 'clientMessageId' });
      }
      const { conversationSeq, at, messageId } = result;
      return {
        messageId,
        clientMessageId: commandId,
        conversationId: result.conversationId,
        conversationSeq,
        senderId: actorId,
        at,
      };
    }),

    edit: make.mutation(wire.editInput(limits.mentions), async (actorId, input) => {
      const { conversationId, target, mentions, expectedVersion } = input;
      const message = await content.parse(input.type, input.content);
      const { members } = await gate.admit(actorId, conversationId);
      const commandId = newCommandId(input.commandId);
      return submit(
        { type: 'message.edit', conversationId, actorId, commandId, target, message, mentions, expectedVersion },
        members,
      );
    }),

    react: make.mutation(wire.reactInput, async (actorId, input) => {
      const { conversationId, target, key, on = true } = input;
      if (on) requireOffered(key, ports.reactions);
      const { members } = await gate.admit(actorId, conversationId);
      const commandId = newCommandId(input.commandId);
      return submit({ type: 'reaction.set', conversationId, actorId, commandId, target, key, on }, members);
    }),

    revoke: make.mutation(wire.revokeInput, async (actorId, input) => {
      const { conversationId, targets, reason } = input;
      const { members } = await gate.admit(actorId, conversationId);
      const commandId = newCommandId(input.commandId);
      return submit({ type: 'message.revoke', conversationId, actorId, commandId, targets, reason }, members);
    }),

    pin: make.mutation(wire.pinInput, async (actorId, input) => {
      const { conversationId, target, on = true } = input;
      const { members } = await gate.admit(actorId, conversationId);
      const commandId = newCommandId(input.commandId);
      return submit({ type: 'pin.set', conversationId, actorId, commandId, target, on }, members);
    }),

    report: make.mutation(wire.reportInput, (reporterId, input) => {
      rate.spend(reporterId, { tokens: REPORT_TOKENS });
      return ports.reports.take(reporterId, input);
    }),

    inbox: {
      since: make.query(wire.sinceInput, async (userId, input): Promise<InboxPage> => {
        requireWire(userId, input.wire, ports.events);
        const limit = pageSize(input.limit, limits);
        const start = await reader.start(userId, input.cursor ? parseCursor(input.cursor) : undefined);
        const cursor = formatCursor(reader.epoch, start.seq, start.fingerprint);
        if (start.reset) return { type: 'reset', reason: start.reset, cursor };
        const entries = await reader.after(userId, start.seq, limit);
        if (entries === 'floor') {
          return { type: 'reset', reason: 'floor', cursor: await settledCursor(userId) };
        }
        const last = entries.at(-1);
        return {
          type: 'entries',
          entries,
          cursor: last ? formatCursor(reader.epoch, last.seq, fingerprintAt(entries, start.fingerprint)) : cursor,
          // Of what there was when the call came. A page may also end by its bytes, or before a hole.
          hasMore: last !== undefined && last.seq < start.head,
          // None while the inbox is empty: there is no seq 0.
          ...(last && { head: Math.max(start.head, last.seq) as Seq }),
        };
      }),

      head: make.query(wire.noInput, async (userId) => ({
        cursor: await settledCursor(userId),
      })),

      feed: make.subscription(wire.feedInput, (userId, input, socket, signal) => {
        requireWire(userId, input?.wire, ports.events);
        const cursor = input?.lastEventId ?? input?.cursor;
        return ports.openFeed(userId, cursor ? parseCursor(cursor) : undefined, socket, signal);
      }),
    },

    conversations: {
      list: make.query(
        wire.listInput,
        async (userId, input) => {
          const limit = pageSize(input?.limit, limits, 50);
          const after = input?.page ? decodePage(input.page) : undefined;
          const { conversations, hasMore } = await history.conversations({
            userId,
            after,
            limit,
            bytes: limits.pageBytes,
            unread: limits.unread,
          });
          const last = conversations.at(-1);
          return { conversations, nextPage: last && hasMore ? encodePage(last) : null };
        },
        ({ conversations }) => counted(conversations),
      ),

      get: make.query(
        wire.conversationInput,
        (userId, { conversationId }) => requireSummary(userId, conversationId, limits.unread),
        (summary) => counted([summary]),
      ),

      members: make.query(wire.memberListInput, async (userId, { conversationId, page, limit }) => {
        const size = pageSize(limit, limits);
        const after = page ? decodeMemberPage(page) : undefined;
        const state = (await history.load([conversationId])).get(conversationId);
        if (!state?.members.has(userId)) throw notFound();
        const all = [...state.members].map(([memberId, joinedSeq]) => ({ userId: memberId, joinedSeq }));
        const rest = after ? all.filter((member) => byJoining(after, member) < 0) : all;
        const members = rest.sort(byJoining).slice(0, size);
        const last = members.at(-1);
        return { members, nextPage: last && rest.length > size ? encodeMemberPage(last) : null };
      }),

      openDirect: make.mutation(wire.openDirectInput, (actorId, { userId }) => {
        const conversationId = directConversationId(actorId, userId);
        const commandId = newCommandId(undefined);
        const create = { type: 'conversation.create', kind: 'direct', title: null, memberIds: [userId] } as const;
        return submit({ ...create, conversationId, actorId, commandId }, 2, () =>
          quotas.openDirect(actorId, conversationId),
        );
      }),

      createGroup: make.mutation(wire.createGroupInput(limits.inboxMembers), (actorId, input) => {
        const { title = null, memberIds } = input;
        const conversationId = ids.groupId(ports.now());
        const commandId = newCommandId(input.commandId);
        const create = { type: 'conversation.create', kind: 'group', title, memberIds } as const;
        return submit({ ...create, conversationId, actorId, commandId }, memberIds.length + 1, (decided) =>
          quotas.createGroup(actorId, decided.memberIds),
        );
      }),

      addMembers: make.mutation(wire.membersInput(limits.inboxMembers), async (actorId, input) => {
        const { conversationId, memberIds } = input;
        const { members } = await gate.admit(actorId, conversationId);
        const commandId = newCommandId(input.commandId);
        return submit(
          { type: 'members.add', conversationId, actorId, memberIds, commandId },
          members + memberIds.length,
          (decided) => quotas.addMembers(actorId, decided.memberIds),
        );
      }),

      removeMembers: make.mutation(wire.membersInput(limits.inboxMembers), async (actorId, input) => {
        const { conversationId, memberIds } = input;
        const { members } = await gate.admit(actorId, conversationId);
        const commandId = newCommandId(input.commandId);
        return submit({ type: 'members.remove', conversationId, actorId, memberIds, commandId }, members);
      }),

      leave: make.mutation(wire.leaveInput, async (actorId, input) => {
        const { conversationId } = input;
        const { members } = await gate.admit(actorId, conversationId);
        const commandId = newCommandId(input.commandId);
        return submit({ type: 'members.remove', conversationId, actorId, memberIds: [actorId], commandId }, members);
      }),

      history: make.query(wire.historyInput, async (userId, { conversationId, after, before, limit }) => {
        const size = pageSize(limit, limits, 50);
        const bounds = { limit: size, bytes: limits.pageBytes };
        const page = await history.range({ userId, conversationId, after, before, ...bounds });
        // Nothing to see is not nothing there: a stranger is told so, whatever the page.
        if (page.events.length === 0) await requireStay(userId, conversationId);
        return { ...page, quotes: await quotesOf(history, userId, page, limits.quoteBytes) };
      }),

      versions: make.query(wire.versionsInput, async (userId, { conversationId, seq, before, limit }) => {
        const size = pageSize(limit, limits, 20);
        const bounds = { most: limits.versions, limit: size, bytes: limits.pageBytes };
        return versionsOf(history, { userId, conversationId, seq, before, ...bounds });
      }),

      reactions: make.query(wire.reactionsInput, (userId, { limit, ...query }) =>
        reactorsOf(history, { ...query, userId, limit: pageSize(limit, limits, 50) }),
      ),

      pins: make.query(wire.conversationInput, async (userId, { conversationId }) => {
        const stays = await history.memberships([conversationId], userId);
        if (!stays.some(({ leftSeq }) => leftSeq === null)) throw notFound();
        return pinsOf(history, { userId, conversationId, bytes: limits.quoteBytes });
      }),

      markRead: make.mutation(wire.markReadInput, async (actorId, { conversationId: of, readSeq: wanted }) => {
        // What is unread isn't asked for, so nothing is counted.
        const summary = await requireSummary(actorId, of, 1);
        const readSeq = Math.max(summary.readSeq, Math.min(wanted, summary.head)) as typeof wanted;
        const unmarks = summary.settings.markedUnread ? true : undefined;
        if (readSeq > summary.readSeq || unmarks) {
          const conversationId = selfConversationId(actorId);
          const commandId = newCommandId(undefined);
          await submit({ type: 'read.mark', conversationId, actorId, of, readSeq, unmarks, commandId }, 1);
        }
        return { conversationId: of, readSeq };
      }),

      setSettings: make.mutation(wire.settingsInput, async (actorId, input) => {
        const { conversationId: of, commandId: given, ...settings } = input;
        // What is unread isn't asked for, so nothing is counted.
        await requireSummary(actorId, of, 1);
        const commandId = newCommandId(given);
        const conversationId = selfConversationId(actorId);
        return submit({ type: 'settings.set', conversationId, actorId, of, settings, commandId }, 1);
      }),
    },
  };

  async function settledCursor(userId: UserId): Promise<Cursor> {
    const { seq, fingerprint } = await reader.contiguousHead(userId);
    return formatCursor(reader.epoch, seq, fingerprint);
  }

  async function requireSummary(
    userId: UserId,
    conversationId: ConversationId,
    unread: number,
  ): Promise<ConversationSummary> {
    const summary = await history.conversation(userId, conversationId, unread);
    if (!summary) throw notFound();
    return summary;
  }

  /** Past members may read what they saw. */
  async function requireStay(userId: UserId, conversationId: ConversationId): Promise<void> {
    const stays = await history.memberships([conversationId], userId);
    if (stays.length === 0) throw notFound();
  }

  /** Events that the store has looked at to count what is unread, as bytes. */
  function counted(conversations: readonly ConversationSummary[]): number {
    let events = 0;
    for (const { head, readSeq, joinedSeq, unread } of conversations) {
      const above = head - Math.max(readSeq, joinedSeq - 1);
      if (above <= limits.unread * UNREAD_SPAN) events += unread < limits.unread ? above : unread;
    }
    return events * COUNTED_BYTES;
  }
}

/** What a report costs beside its call: people are going to look at it. */
const REPORT_TOKENS = 9;

/** What it takes to look at an event, as bytes of an answer. */
const COUNTED_BYTES = 32;

/** Makes calls of one kind or another from what they take and do: procedures for clients, or functions for the application. */
export interface CallMaker {
  /** @param effort what the answer took beyond its own bytes, as bytes */
  query<Input, Output>(
    schema: z.ZodType<Input>,
    resolve: Resolve<Input, Output>,
    effort?: (output: Output) => number,
  ): unknown;
  mutation<Input, Output>(schema: z.ZodType<Input>, resolve: Resolve<Input, Output>): unknown;
  subscription<Input>(schema: z.ZodType<Input>, open: Open<Input>): unknown;
}

export type Resolve<Input, Output> = (caller: UserId, input: Input) => Promise<Output>;

export type Open<Input> = (
  caller: UserId,
  input: Input,
  socket: AttachedSocket | undefined,
  signal: AbortSignal,
) => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;

export interface ProcedureOptions {
  readonly storage: Storage;
  readonly submission: Pick<Submission, 'submit'>;
  readonly content: ContentKinds;
  readonly gate: Pick<MembershipGate, 'admit'>;
  readonly rate: Pick<RateLimit, 'spend'>;
  readonly quotas: Pick<Quotas, 'createGroup' | 'openDirect' | 'addMembers'>;
  readonly authorizer: Pick<Authorizer, 'require'>;
  readonly hooks: Pick<BeforeHookRunner, 'run'>;
  readonly reports: Pick<Reports, 'take'>;
  readonly reader: InboxReader;
  readonly openFeed: OpenFeed;
  readonly ids: IdSource;
  readonly events: ServerEventBus;
  readonly limits: Limits;
  readonly reactions: ReactionOptions;
  readonly now: () => number;
}

function notFound(): TidemarkError {
  return new TidemarkError('conversation_not_found', 'no such conversation of the caller', { field: 'conversationId' });
}

function pageSize(wanted: number | undefined, limits: Limits, usual: number = limits.page): number {
  if (wanted === undefined) return Math.min(usual, limits.page);
  if (wanted <= limits.page) return wanted;
  throw new TidemarkError('invalid_input', `must be at most ${limits.page} (limits.page)`, {
    field: 'limit',
    limit: 'limits.page',
  });
}
