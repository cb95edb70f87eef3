import type { MessageErased, MessageSent, Receipt } from '@tidemark/core';
import type { HistoryRecord, RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import { isSend, type ObservedSend } from '../observed-operation.ts';
import { isMessage } from '../same-event.ts';
import { evidence, firstSightings, witness } from '../sightings.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutOperation, place } from '../wording.ts';

/**
 * One clientMessageId has one messageId, one conversationSeq and one receipt, however often it was sent: all receipts of a
 * send are equal, none stands beside a refusal, and the message has what they say wherever it is seen.
 * A refusal is as durable as a receipt, whatever Redis forgets meanwhile.
 */
export function stableReceipt(observed: Observed): Violation[] {
  const found = findings('stable-receipt', ['P3']);
  const told = new Set<string>();
  const report = (send: ObservedSend, sentence: string, records: () => HistoryRecord[]): void => {
    if (told.has(send.operationId)) return;
    told.add(send.operationId);
    found.add(() => ({ sentence, subject: aboutOperation(send), records: records() }));
  };
  for (const send of observed.sends) receipts(send, (sentence, ...records) => report(send, sentence, () => records));

  for (const sighting of firstSightings(observed)) {
    const { event } = sighting;
    if (!isMessage(event) || event.commandId === null) continue;
    const send = observed.operations.get(event.commandId);
    const ok = send?.oks.find((each) => each.receipt);
    if (!send || !isSend(send) || !ok?.receipt || send.userId !== event.actorId || agree(ok.receipt, event)) continue;
    const sentence = `the receipt of ${send.operationId} says ${say(ok.receipt)}, and ${witness(sighting)} has it as ${say(event)}`;
    report(send, sentence, () => [ok, evidence(sighting)]);
  }
  return found.list();
}

function receipts(send: ObservedSend, report: (sentence: string, ...records: HistoryRecord[]) => void): void {
  const oks = send.oks.filter((ok): ok is RecordOf<'ok'> & { receipt: Receipt } => ok.receipt !== undefined);
  const [first, ...others] = oks;
  if (!first) return;
  const { receipt } = first;
  const id = send.operationId;
  if (receipt.clientMessageId !== id || receipt.senderId !== send.userId) {
    const what = `message ${receipt.clientMessageId} of ${receipt.senderId}`;
    report(`${send.userId}/${send.deviceId} sent ${id}, and was given the receipt of ${what}`, first);
  }
  const other = others.find((ok) => !agree(receipt, ok.receipt) || ok.receipt.at !== receipt.at);
  if (other) report(`${id} has two receipts: ${say(receipt)} and ${say(other.receipt)}`, first, other);
  const [fail] = send.fails;
  if (fail) report(`${id} has a receipt (${say(receipt)}) and a refusal (${fail.code})`, first, fail);
}

type Placed = Receipt | MessageSent | MessageErased;

function agree(a: Placed, b: Placed): boolean {
  return (
    a.messageId === b.messageId && a.conversationSeq === b.conversationSeq && a.conversationId === b.conversationId
  );
}

function say(what: Placed): string {
  return `${what.messageId} at ${place(what)}, ${what.at}`;
}
