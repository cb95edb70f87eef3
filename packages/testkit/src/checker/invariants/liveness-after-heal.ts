import { present } from '../excerpt.ts';
import type { RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import type { ObservedSend } from '../observed-operation.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutOperation } from '../wording.ts';

/**
 * Once all faults are over, all comes to rest: quiet came after healed, no draft waits, nothing of what a device was asked
 * to send is forgotten while the device lived on, and no process died by itself at any time.
 */
export function livenessAfterHeal(observed: Observed): Violation[] {
  const found = findings('liveness-after-heal', ['P1', 'P7', 'P8']);
  const run = { kind: 'run' } as const;
  for (const crash of observed.crashes.filter((each) => each.unexpected)) {
    const how = crash.signal ? `by ${crash.signal}` : 'by itself';
    const subject = { kind: 'process', process: crash.target } as const;
    found.add(() => ({ sentence: `${crash.target} ended ${how}, unexpectedly`, subject, records: [crash] }));
  }
  const ends = observed.ends;
  const healedAt = ends.findLastIndex((end) => end.type === 'healed');
  const quietAt = ends.findIndex((end, index) => end.type === 'quiet' && index > healedAt);
  for (const end of ends) {
    if (end.type !== 'not-quiet') continue;
    found.add(() => ({ sentence: `quiet did not come: ${end.waitingFor} was behind`, subject: run, records: [end] }));
  }
  if (healedAt < 0) {
    found.add(() => ({ sentence: 'the faults were never over: there is no healed', subject: run, records: [] }));
  } else if (quietAt < 0 && !ends.some((end) => end.type === 'not-quiet')) {
    found.add(() => ({ sentence: 'healed was not followed by quiet', subject: run, records: present(ends[healedAt]) }));
  }
  for (const { dump } of observed.devices.values()) {
    for (const draft of dump?.drafts ?? []) {
      if (draft.failed || !dump) continue;
      const send = observed.operations.get(draft.clientMessageId);
      found.add(() => ({
        sentence: `draft ${draft.clientMessageId} still waits on ${dump.userId}/${dump.deviceId}`,
        subject: send ? aboutOperation(send) : { kind: 'device', userId: dump.userId, deviceId: dump.deviceId },
        records: present(send?.invokes[0], { ...dump, conversations: [], drafts: [draft] }),
      }));
    }
  }
  for (const { send, dump } of forgotten(observed)) {
    found.add(() => ({
      sentence: `${send.userId}/${send.deviceId} was asked to send ${send.operationId}, lived on, and neither sent it nor keeps it`,
      subject: aboutOperation(send),
      records: present(send.invokes[0], { ...dump, conversations: [] }),
    }));
  }
  return found.list();
}

/**
 * Sends of which nothing was told, that are in no log and no outbox, though their device never died since. What a restore of the
 * store undid its device may have seen come, and let go.
 */
function forgotten(observed: Observed): { send: ObservedSend; dump: RecordOf<'device-dump'> }[] {
  return observed.sends.flatMap((send) => {
    const { outcome, unknowns, userId, deviceId, operationId } = send;
    if (outcome !== 'unknown' || unknowns.length > 0 || observed.undone.has(operationId)) return [];
    const device = observed.devices.get(`${userId}/${deviceId}`);
    const invoke = send.invokes.at(-1);
    if (!device?.dump || !invoke || device.steps.some((step) => step.type === 'resume' && step.at >= invoke.at))
      return [];
    if (observed.eventOf({ actorId: userId, commandId: operationId as never })) return [];
    if (device.dump.drafts.some((draft) => draft.clientMessageId === operationId)) return [];
    return [{ send, dump: device.dump }];
  });
}
