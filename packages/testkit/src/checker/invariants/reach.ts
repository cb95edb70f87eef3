import type { Receipt } from '@tidemark/core';
import { loggedAt, present, shownAt } from '../excerpt.ts';
import type { RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedConversation } from '../observed-conversation.ts';
import type { ObservedDevice } from '../observed-device.ts';
import type { ObservedSend } from '../observed-operation.ts';
import { oncePer } from '../once-per.ts';
import { isMessage } from '../same-event.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutOperation, place } from '../wording.ts';

/** An acknowledged message, and the devices that lack it. */
export interface Loss {
  readonly send: ObservedSend;
  readonly ok: RecordOf<'ok'>;
  readonly receipt: Receipt;
  readonly missingAt: readonly ObservedDevice[];
}

/**
 * Every acknowledged message is at every member as of its conversationSeq, on every device, one that is new at the end
 * included. Excused are, and nothing else:
 *  - a device of a user who has left since, if it is new or may have been rebuilt from a snapshot after the message: a
 *    snapshot holds only conversations the user belongs to;
 *  - a message older than the retention that the log has dropped as well.
 */
export function reach(observed: Observed): Violation[] {
  const found = findings('reach', ['P2', 'P8']);
  for (const { send, ok, receipt, missingAt } of losses(observed)) {
    found.add(() => {
      const lacking = missingAt.map((device) => device.key).join(', ');
      const { log } = observed.conversations.get(receipt.conversationId) ?? {};
      return {
        sentence: `message ${send.operationId} (${place(receipt)}) was acknowledged to ${send.userId}/${send.deviceId}, and is missing at ${lacking}`,
        subject: aboutOperation(send),
        records: present(
          ok,
          log && loggedAt(log, receipt.conversationSeq),
          ...missingAt
            .slice(0, 1)
            .map(({ dump }) => dump && shownAt(dump, receipt.conversationId, receipt.conversationSeq)),
        ),
      };
    });
  }
  return found.list();
}

/** Acknowledged messages that at least one device lacks which should have them. */
export const losses = oncePer((observed): Loss[] => {
  return observed.sends.flatMap((send): Loss[] => {
    const ok = send.oks.find((each) => each.receipt);
    const receipt = ok?.receipt;
    const conversation = receipt && observed.conversations.get(receipt.conversationId);
    if (!ok || !receipt || !conversation?.stays || isPastRetention(observed, conversation, send, receipt)) return [];
    const missingAt = conversation
      .recipients(receipt.conversationSeq)
      .flatMap((userId) => observed.devicesOf(userId))
      .filter((device) => !holds(device, send, receipt) && !mayLack(observed, conversation, device, receipt));
    return missingAt.length > 0 ? [{ send, ok, receipt, missingAt }] : [];
  });
});

function holds(device: ObservedDevice, send: ObservedSend, receipt: Receipt): boolean {
  const shown = device.shown(receipt.conversationId, receipt.conversationSeq);
  return isMessage(shown) && shown.actorId === send.userId && shown.commandId === send.operationId;
}

/** A snapshot may have taken the place of what the device would have applied, and does not list what the user has left. */
function mayLack(
  observed: Observed,
  conversation: ObservedConversation,
  device: ObservedDevice,
  receipt: Receipt,
): boolean {
  if (conversation.isMemberNow(device.userId)) return false;
  if (device.fresh) return true;
  if (device.applied(receipt.conversationId, receipt.conversationSeq)) return false;
  const seq = observed.inboxes.get(device.userId)?.seqOf(receipt);
  return device.snapshotUpTo >= 0 && (seq === undefined || seq <= device.snapshotUpTo);
}

function isPastRetention(
  observed: Observed,
  conversation: ObservedConversation,
  send: ObservedSend,
  receipt: Receipt,
): boolean {
  const { retentionMs = Number.POSITIVE_INFINITY } = observed.run ?? {};
  const readAt = observed.records.at(-1)?.at ?? 0;
  // It is stored after it was asked for, and may be told much later.
  if (readAt - (send.invokes[0]?.at ?? 0) <= retentionMs) return false;
  return conversation.events[receipt.conversationSeq]?.commandId !== receipt.clientMessageId;
}
