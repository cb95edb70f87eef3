import {
  type Command,
  type CommandKey,
  type CommandResult,
  type ConversationId,
  type ConversationState,
  commandKey,
  type Delivery,
  definitionOf,
  type Event,
  type EventRef,
  type IdSource,
  type Membership,
  type NodeId,
  recipientsOf,
  refKey,
  retryOf,
  TidemarkError,
} from '@tidemark/core';
import { commandDefinitionOf } from '../features/commands.ts';
import { type DecideLimits, type Permissions, resultOf } from '../features/deciding.ts';
import { Subjects } from '../features/subjects.ts';
import type { Envelope } from '../ingress/envelope.ts';
import type { Reply } from '../notify/node-frame.ts';
import { decide } from './decide.ts';
import type { NewRefusal, Refusal } from './refusals.ts';
import { areTheSame, isRepeatOf, isResultOf, reused } from './repeats.ts';

/** Ends before the command with which the batch would have more than `batchRows` rows, unless it is the first. */
export function planBatch(
  tasks: readonly { readonly envelope: Envelope }[],
  loaded: ReadonlyMap<ConversationId, ConversationState>,
  known: Known | undefined,
  context: PlanContext,
): Plan {
  const { now, mostAhead, ids, limits, permissions, knowsContent, batchRows, writtenRows, subjects } = context;
  const isThere = (place: EventRef): boolean => known?.places.has(refKey(place)) ?? true;
  const states = new Map(loaded);
  const inBatch = new Map<string, { command: Command; result: CommandResult }>();
  const plan: Plan = {
    events: [],
    deliveries: [],
    states,
    repeats: [],
    repeated: 0,
    doubtful: new Set(),
    replies: [],
    refusals: new Map(),
  };
  let rows = 0;
  let written = 0;
  for (const { envelope } of tasks) {
    const { command, replyTo: to, call } = envelope;
    const { conversationId } = command;
    const key = commandKey(command);
    const found = known?.events.get(key);
    const remembered = known ? undefined : context.remembered(command);
    const twin = inBatch.get(key);
    if (found && !isRepeatOf(command, found, known?.memberships ?? [])) {
      plan.replies.push({ to, call, error: reused(command, found) });
      continue;
    }
    if (twin && !areTheSame(command, twin.command)) {
      plan.replies.push({ to, call, error: reused(command, twin.command) });
      continue;
    }
    if (remembered && !isResultOf(command, remembered)) plan.doubtful.add(conversationId);
    if (found) {
      // Its rows may be missing: they are looked up.
      const repeated = states.get(found.conversationId)?.members.size ?? 0;
      if (rows > 0 && rows + repeated > batchRows) break;
      rows += repeated;
      plan.repeats.push(found);
    }
    const earlier = found ? resultOf(found) : remembered;
    if (earlier) plan.repeated += 1;
    const again = earlier ?? twin?.result;
    if (again) {
      plan.replies.push({ to, call, result: again });
      continue;
    }
    const before = plan.refusals.get(key) ?? context.refused(key);
    if (before && retryOf(command) <= before.retry) {
      plan.replies.push({ to, call, error: before.error });
      continue;
    }
    if ((envelope.setBacks ?? 0) < context.setBacks && namesPlaces(command)) {
      const detail = 'the store was set back since this was asked for, and what stood there may be another event now';
      plan.replies.push({ to, call, error: new TidemarkError('conflict', detail) });
      continue;
    }
    const contentType = commandDefinitionOf(command).content?.(command).type;
    if (contentType !== undefined && !knowsContent(contentType)) {
      // A process that has it may have stored the message before.
      plan.doubtful.add(conversationId);
      const detail = `this process does not have content of type "${contentType}" yet`;
      plan.replies.push({ to, call, error: new TidemarkError('unavailable', detail) });
      continue;
    }
    const at = { now: now(), mostAhead, ids, limits, permissions, subjects: subjects ?? NO_SUBJECTS, isThere };
    const decision = decide(states.get(conversationId), command, at);
    if ('error' in decision) {
      const { error } = decision;
      plan.doubtful.add(conversationId);
      plan.replies.push({ to, call, error });
      plan.refusals.set(key, refusalOf(command, error));
      continue;
    }
    const more = rowsOf(decision.events, decision.state);
    const isTooMuch = rows + more > batchRows || (written > 0 && written + more > writtenRows);
    if (rows > 0 && isTooMuch) break;
    rows += more;
    written += more;
    if (decision.events.length === 0) plan.doubtful.add(conversationId);
    states.set(conversationId, decision.state);
    subjects?.add(decision.events);
    inBatch.set(key, { command, result: decision.result });
    plan.replies.push({ to, call, result: decision.result });
    for (const event of decision.events) {
      plan.events.push(event);
      // A command changes membership in its last event only, so the state after it knows the recipients of each.
      for (const userId of recipientsOf(decision.state, event))
        plan.deliveries.push({ userId, ref: event, at: event.at });
    }
  }
  return plan;
}

const NO_SUBJECTS = new Subjects();

export interface PlanContext {
  /** Wall time of the writer, ms since 1970. */
  readonly now: () => number;
  /** See `DecideContext`. */
  readonly mostAhead: number;
  readonly ids: IdSource;
  readonly limits: DecideLimits;
  readonly permissions: Permissions;
  /** What the commands name; undefined where none names anything. */
  readonly subjects: Subjects | undefined;
  /** How often the store had been set back when the states were read. */
  readonly setBacks: number;
  /** Inbox rows of the batch at most, unless its first command leads to more. */
  readonly batchRows: number;
  /** Of these, rows that are new at most, unless its first command with any leads to more. */
  readonly writtenRows: number;
  /** See `TransferOptions`. */
  readonly knowsContent: (type: string) => boolean;
  /** What this writer remembers of a command that was carried out. */
  readonly remembered: (command: CommandKey) => CommandResult | undefined;
  /** By the key of the command. */
  readonly refused: (key: string) => Refusal | undefined;
}

/** What the store has of a batch's commands. */
export interface Known {
  /** By the key of their command. */
  readonly events: ReadonlyMap<string, Event>;
  /** Of the conversations whose members these events changed. */
  readonly memberships: readonly Membership[];
  /** Keys of the places that these commands are about, as far as they are there. */
  readonly places: ReadonlySet<string>;
}

export interface Plan {
  readonly events: Event[];
  readonly deliveries: (Delivery & { readonly at: number })[];
  readonly states: Map<ConversationId, ConversationState>;
  /** Events of commands that were carried out before, as far as the store was asked for them. */
  readonly repeats: Event[];
  /** How many commands were carried out before this batch. */
  repeated: number;
  /**
   * Conversations in which some command was refused, or changes nothing. Such a decision meets no unique key, so a stale
   * memory would go unnoticed: it is only believed when it was reached from states read for this attempt.
   */
  readonly doubtful: Set<ConversationId>;
  /** One for each command that the plan carries out, in their order. */
  readonly replies: (Reply & { readonly to: NodeId })[];
  /** New ones by command, to be remembered before their senders get them. */
  readonly refusals: Map<string, NewRefusal>;
}

/** Whether it says by their conversationSeq which events it is about. */
function namesPlaces(command: Command): boolean {
  const { places = [], targets = [] } = commandDefinitionOf(command).subjects?.(command) ?? {};
  return places.length > 0 || targets.some((target) => 'seq' in target);
}

/** Inbox rows of events that lead to a state; see `recipientsOf`. */
function rowsOf(events: readonly Event[], { members }: ConversationState): number {
  let rows = 0;
  for (const event of events) rows += members.size + (definitionOf(event).leaves?.(event).length ?? 0);
  return rows;
}

export function refusalOf(command: Command, error: TidemarkError): NewRefusal {
  const { actorId, commandId, conversationId } = command;
  return { actorId, commandId, conversationId, retry: retryOf(command), error };
}
