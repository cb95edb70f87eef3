import type { CommandId } from '@tidemark/core';
import { loggedAt } from '../excerpt.ts';
import type { HistoryRecord } from '../history.ts';
import type { Observed } from '../observed.ts';
import { deviceKey } from '../observed-device.ts';
import { isSend, type ObservedSend } from '../observed-operation.ts';
import { oncePer } from '../once-per.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutOperation } from '../wording.ts';

/** Two sends that stand the other way round than they were made. */
export interface Swap {
  readonly first: ObservedSend;
  readonly second: ObservedSend;
}

/**
 * What one device says in one conversation keeps its order: of two messages, the second of which it was asked to send
 * after the first (its last invoke, if it was sent again) and in the same life, the first has the lower conversationSeq.
 * Those that were never stored have no place to compare; those that a restore of the store undid may have been sent again after
 * what followed them.
 */
export function senderOrder(observed: Observed): Violation[] {
  const found = findings('sender-order', ['P5']);
  for (const { first, second } of swaps(observed)) {
    found.add(() => ({
      sentence: `${second.userId}/${second.deviceId} sent ${first.operationId} before ${second.operationId}, which stands before it (#${placeOf(observed, first)} after #${placeOf(observed, second)} of ${second.operation.conversationId})`,
      subject: aboutOperation(second),
      records: [...first.invokes.slice(0, 1), ...second.invokes.slice(0, 1), ...proof(observed, first, second)],
    }));
  }
  return found.list();
}

export const swaps = oncePer((observed): Swap[] => {
  const found: Swap[] = [];
  const lives = new Map<string, number>();
  /** Per device life and conversation: of the sends that are over, the one with the highest place. */
  const highest = new Map<string, { send: ObservedSend; seq: number }>();
  for (const record of observed.records) {
    if (record.type === 'resume') lives.set(deviceKey(record), (lives.get(deviceKey(record)) ?? 0) + 1);
    if (record.type !== 'invoke') continue;
    if (observed.undone.has(record.operationId)) continue;
    const send = observed.operations.get(record.operationId);
    const seq = send && isSend(send) ? placeOf(observed, send) : undefined;
    if (!send || !isSend(send) || seq === undefined) continue;
    const device = deviceKey(record);
    const key = `${device} ${lives.get(device) ?? 0} ${send.operation.conversationId}`;
    const before = highest.get(key);
    if (before && before.seq > seq && record === send.invokes[0]) found.push({ first: before.send, second: send });
    if (record === send.invokes.at(-1) && (!before || before.seq < seq)) highest.set(key, { send, seq });
  }
  return found;
});

function placeOf(observed: Observed, send: ObservedSend): number | undefined {
  const receipt = send.oks.find((ok) => ok.receipt)?.receipt;
  return receipt?.conversationSeq ?? placed(observed, send)?.conversationSeq;
}

function placed(observed: Observed, { userId, operationId }: ObservedSend) {
  return observed.eventOf({ actorId: userId, commandId: operationId as CommandId });
}

function proof(observed: Observed, ...sends: readonly ObservedSend[]): HistoryRecord[] {
  return sends.flatMap((send): HistoryRecord[] => {
    const ok = send.oks.find((each) => each.receipt);
    if (ok) return [ok];
    const event = placed(observed, send);
    const { log } = (event && observed.conversations.get(event.conversationId)) ?? {};
    return event && log ? [loggedAt(log, event.conversationSeq)] : [];
  });
}
