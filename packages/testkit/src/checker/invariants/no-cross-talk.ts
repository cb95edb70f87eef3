import type { Event } from '@tidemark/core';
import type { Observed } from '../observed.ts';
import { strangers } from '../strangers.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutPlace, place } from '../wording.ts';

/** Nobody receives what was said where they do not belong, or before they came; no device sees another user's inbox. */
export function noCrossTalk(observed: Observed): Violation[] {
  const found = findings('no-cross-talk', ['P12']);
  for (const { standing, where, userId, ref, records } of strangers(observed)) {
    if (standing !== 'outside') continue;
    const { log } = observed.conversations.get(ref.conversationId) ?? {};
    found.add(() => ({
      sentence: `${where} has ${place(ref)}, where ${userId} does not belong`,
      subject: aboutPlace(ref),
      records: [...records(), ...(log ? [{ ...log, events: log.events.filter(letsIn) }] : [])],
    }));
  }
  return found.list();
}

function letsIn(event: Event): boolean {
  return event.type === 'conversation.created' || event.type === 'members.added';
}
