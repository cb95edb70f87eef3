import type { Observed } from '../observed.ts';
import { strangers } from '../strangers.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutPlace, place } from '../wording.ts';

/** Who was removed gets the event that removed them, and nothing of that conversation after it until they are let in again. */
export function removalFence(observed: Observed): Violation[] {
  const found = findings('removal-fence', ['P5', 'P12']);
  for (const { standing, where, userId, ref, records } of strangers(observed)) {
    if (standing !== 'after leaving') continue;
    const conversation = observed.conversations.get(ref.conversationId);
    const left = conversation
      ?.staysOf(userId)
      .findLast((stay) => (stay.leftSeq ?? ref.conversationSeq) < ref.conversationSeq);
    const removal = conversation?.events[left?.leftSeq ?? 0];
    const log = conversation?.log;
    found.add(() => ({
      sentence: `${where} has ${place(ref)}, and ${userId} was out of the conversation since #${left?.leftSeq}`,
      subject: aboutPlace(ref),
      records: [...records(), ...(log && removal ? [{ ...log, events: [removal] }] : [])],
    }));
  }
  return found.list();
}
