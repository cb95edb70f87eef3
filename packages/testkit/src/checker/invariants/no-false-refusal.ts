import { loggedAt, present } from '../excerpt.ts';
import type { Observed } from '../observed.ts';
import type { ObservedSend } from '../observed-operation.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutOperation } from '../wording.ts';

/**
 * Nobody is told that a message failed for good which was in order. What devices send in a run is valid: all that may be wrong with
 * a message is that its sender was out of the conversation at some time, and no longer sees what it replies to, that this was revoked, or
 * that the application forbids it.
 */
export function noFalseRefusal(observed: Observed): Violation[] {
  const found = findings('no-false-refusal', ['P7']);
  for (const send of observed.sends) {
    const fail = send.fails[0];
    if (!fail || fail.code === 'forbidden') continue;
    if (fail.code === 'revoked' && send.operation.isReply) continue;
    const isOfStay = fail.code === 'not_a_member' || (fail.code === 'message_not_found' && send.operation.isReply);
    if (isOfStay && mayBeOut(observed, send, fail.at)) continue;
    const { log } = observed.conversations.get(send.operation.conversationId) ?? {};
    found.add(() => ({
      sentence: `message ${send.operationId} of ${send.userId} was in order, and refused for good (${fail.code}: ${fail.detail})`,
      subject: aboutOperation(send),
      records: present(send.invokes[0], fail, log && loggedAt(log)),
    }));
  }
  return found.list();
}

/** By the log, if there is one and it was never set back. */
function mayBeOut(observed: Observed, { userId, operation }: ObservedSend, at: number): boolean {
  if (observed.restores.some(({ copiedAt }) => copiedAt <= at)) return true;
  const conversation = observed.conversations.get(operation.conversationId);
  if (!conversation?.log) return true;
  const [stay, ...others] = conversation.staysOf(userId);
  return stay === undefined || others.length > 0 || stay.joinedSeq > 1 || stay.leftSeq !== null;
}
