import type { MessageEdited } from '@tidemark/core';
import { loggedAt, present, shownAt } from '../excerpt.ts';
import type { DumpedEdit } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import { isMessage } from '../same-event.ts';
import { type Findings, findings, type Violation } from '../violation.ts';
import { aboutEvent } from '../wording.ts';

/**
 * The last edit of a message stands: in the log each edit is its author's and the version after the one before, and every device,
 * long-lived or new, holds of each message what the last one says, whatever came first to it.
 */
export function latestEdit(observed: Observed): Violation[] {
  const found = findings('latest-edit', ['P14']);
  const logged = [...observed.conversations.values()].filter(({ log }) => log !== undefined);
  const latest = new Map(logged.map((conversation) => [conversation, latestOf(conversation, found)]));
  for (const { dump, key, fresh } of observed.devices.values()) {
    if (!dump) continue;
    for (const conversation of logged) {
      const shown = dump.conversations.find(({ conversationId }) => conversationId === conversation.conversationId);
      if (!shown?.member) continue;
      const held = new Map(shown.edited?.map((edit) => [edit.conversationSeq, edit]));
      for (const event of shown.events) {
        const { conversationSeq } = event;
        const [expected, actual] = [latest.get(conversation)?.get(conversationSeq), held.get(conversationSeq)];
        if (isThat(expected, actual)) continue;
        found.add(() => ({
          sentence: `${key}${fresh ? ' (fresh)' : ''}: #${conversationSeq} of ${conversation.conversationId} is shown ${said(actual)}, by the log ${said(expected && asHeld(expected))}`,
          subject: aboutEvent(event),
          records: present(
            shownAt(dump, conversation.conversationId, conversationSeq),
            conversation.log &&
              loggedAt(conversation.log, conversationSeq, expected?.conversationSeq ?? conversationSeq),
          ),
        }));
      }
    }
  }
  return found.list();
}

/** The last edit of each message, by the place of the message. */
function latestOf({ log, conversationId }: ObservedConversation, found: Findings): Map<number, MessageEdited> {
  const latest = new Map<number, MessageEdited>();
  const authors = new Map<number, string>();
  for (const event of log?.events ?? []) {
    if (isMessage(event)) authors.set(event.conversationSeq, event.actorId);
    if (event.type !== 'message.edited') continue;
    const { targetSeq, version, actorId } = event;
    const before = latest.get(targetSeq)?.version ?? 1;
    if (version !== before + 1 || authors.get(targetSeq) !== actorId) {
      found.add(() => ({
        sentence: `#${event.conversationSeq} of ${conversationId} makes version ${version} of #${targetSeq} for ${actorId}, after version ${before} of a message of ${authors.get(targetSeq) ?? 'nobody'}`,
        subject: aboutEvent(event),
        records: present(log && loggedAt(log, targetSeq, event.conversationSeq)),
      }));
    }
    latest.set(targetSeq, event);
  }
  return latest;
}

function isThat(expected: MessageEdited | undefined, actual: DumpedEdit | undefined): boolean {
  return expected?.conversationSeq === actual?.seq && expected?.version === actual?.version;
}

function asHeld({ targetSeq, conversationSeq, version }: MessageEdited): DumpedEdit {
  return { conversationSeq: targetSeq, seq: conversationSeq, version };
}

function said(edit: DumpedEdit | undefined): string {
  return edit ? `in version ${edit.version} (#${edit.seq})` : 'as it was sent';
}
