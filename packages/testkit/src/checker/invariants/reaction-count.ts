import type { ReactionChanged, ReactionCount, UserId } from '@tidemark/core';
import { countOf, type Reactors, switchReaction } from '../../builders/reactions-in.ts';
import { loggedAt, present, shownAt } from '../excerpt.ts';
import type { DumpedReaction } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import { orInsert } from '../or-insert.ts';
import { sameJson } from '../same-json.ts';
import { type Findings, findings, type Violation } from '../violation.ts';
import { aboutEvent } from '../wording.ts';

/** The reactions to a message, by key. */
type Reactions = Map<string, Reactors>;

type ShownReaction = Omit<DumpedReaction, 'conversationSeq'>;

/**
 * A reaction counts the users who have it on: in the log each switch changes something, and says the count and the newest users after
 * it; and every device, long-lived or new, shows of each message what follows from all switches, whether its own user is among them
 * too, in whatever order they came to it, and how often.
 */
export function reactionCount(observed: Observed): Violation[] {
  const found = findings('reaction-count', ['P15']);
  const logged = [...observed.conversations.values()].filter(({ log }) => log !== undefined);
  const reactions = new Map(logged.map((conversation) => [conversation, reactionsOf(conversation, found)]));
  for (const { dump, key, fresh } of observed.devices.values()) {
    if (!dump) continue;
    for (const conversation of logged) {
      const { conversationId, log } = conversation;
      const shown = dump.conversations.find((each) => each.conversationId === conversationId);
      if (!shown?.member) continue;
      const held = new Map<number, DumpedReaction[]>();
      for (const each of shown.reactions ?? []) orInsert(held, each.conversationSeq, () => []).push(each);
      for (const event of shown.events) {
        const { conversationSeq } = event;
        const counted = event.type === 'message.erased' ? undefined : reactions.get(conversation)?.get(conversationSeq);
        const expected = said(asShown(counted, dump.userId));
        const actual = said(held.get(conversationSeq));
        if (expected === actual) continue;
        found.add(() => ({
          sentence: `${key}${fresh ? ' (fresh)' : ''}: #${conversationSeq} of ${conversationId} is shown with ${actual}, by the log with ${expected}`,
          subject: aboutEvent(event),
          records: present(
            shownAt(dump, conversationId, conversationSeq),
            log && loggedAt(log, conversationSeq, ...switchesOf(conversation, conversationSeq)),
          ),
        }));
      }
    }
  }
  return found.list();
}

/** By the place of the message, once all events have happened. */
function reactionsOf({ log, conversationId }: ObservedConversation, found: Findings): Map<number, Reactions> {
  const all = new Map<number, Reactions>();
  for (const event of log?.events ?? []) {
    if (event.type !== 'reaction.changed') continue;
    const { targetSeq, key, actorId, on, count, newest, since } = event;
    const reactions: Reactions = orInsert(all, targetSeq, () => new Map());
    const before = reactions.get(key);
    switchReaction(reactions, event);
    const after = countAfter(event, before, reactions.get(key));
    const changes = (before?.users.includes(actorId) ?? false) !== on;
    if (changes && sameJson({ count, newest, since }, after)) continue;
    found.add(() => ({
      sentence: `#${event.conversationSeq} of ${conversationId} switches ${key} of ${actorId} on #${targetSeq} ${on ? 'on' : 'off'} and says ${counted({ count, newest, since })}, where ${before?.users.join(', ') ?? 'nobody'} had it on and ${counted(after)} follows`,
      subject: aboutEvent(event),
      records: present(log && loggedAt(log, targetSeq, event.conversationSeq)),
    }));
  }
  return all;
}

function countAfter(
  { conversationSeq }: ReactionChanged,
  before: Reactors | undefined,
  after: Reactors | undefined,
): ReactionCount {
  return after ? countOf(after) : { count: 0, newest: [], since: before?.since ?? conversationSeq };
}

function counted({ count, newest, since }: ReactionCount): string {
  return `${count} since #${since} (${newest.join(', ')})`;
}

function switchesOf({ log }: ObservedConversation, target: number): number[] {
  return (log?.events ?? []).flatMap((event) =>
    event.type === 'reaction.changed' && event.targetSeq === target ? [event.conversationSeq] : [],
  );
}

function asShown(reactions: Reactions | undefined, userId: UserId): ShownReaction[] {
  return [...(reactions ?? [])].map(([key, reactors]) => {
    const { count, newest } = countOf(reactors);
    return { key, count, newest, mine: reactors.users.includes(userId) };
  });
}

function said(reactions: readonly ShownReaction[] = []): string {
  const each = reactions.map(
    ({ key, count, newest, mine }) => `${key} ${count}${mine ? ', theirs too' : ''} (${newest.join(', ')})`,
  );
  return each.sort().join('; ') || 'no reactions';
}
