import type { Event } from '@tidemark/core';
import type { Observed } from './observed.ts';
import type { DeviceStep, ObservedDevice, Position } from './observed-device.ts';

/** The operationIds of acknowledged messages that trouble met on their way. See `recovered` of a verdict. */
export function recoveredMessages(observed: Observed): Set<string> {
  const found = new Set<string>();
  const returns = new Map([...observed.devices].map(([key, { steps }]) => [key, returnsOf(steps)]));
  for (const { oks, unknowns, invokes, operationId, userId, deviceId } of observed.sends) {
    const okAt = oks[0]?.at;
    const invokedAt = invokes[0]?.at;
    if (okAt === undefined || invokedAt === undefined) continue;
    const died = returns.get(`${userId}/${deviceId}`)?.some((at) => at > invokedAt && at <= okAt) ?? false;
    if (unknowns.length > 0 || died) found.add(operationId);
  }
  for (const device of observed.devices.values()) {
    for (const event of caughtUpWith(observed, device)) {
      const send = event.commandId === null ? undefined : observed.operations.get(event.commandId);
      if (send?.outcome === 'ok' && send.userId === event.actorId) found.add(send.operationId);
    }
  }
  return found;
}

/** When a device came back from its death. */
function returnsOf(steps: readonly DeviceStep[]): number[] {
  return steps.flatMap((step) => (step.type === 'resume' ? [step.at] : []));
}

/** What a long-lived device has not heard live, after its first sync. */
function* caughtUpWith(observed: Observed, device: ObservedDevice): Generator<Event> {
  let catchingUp = false;
  let gapUpTo = 0;
  for (const { step, before, says } of device.walked) {
    if (step.type === 'resume') catchingUp = before !== undefined;
    if (step.type === 'live') catchingUp = false;
    if (step.type === 'gap') gapUpTo = step.upTo;
    if (step.type === 'reset' && step.reason !== 'new') yield* replaced(observed, device, before?.seq ?? 0, says);
    if (step.type !== 'apply') continue;
    for (const { seq, event } of step.entries) if (event && (catchingUp || seq <= gapUpTo)) yield event;
  }
}

/** What came with a snapshot in place of the entries between. */
function* replaced(
  observed: Observed,
  device: ObservedDevice,
  after: number,
  upTo: Position | undefined,
): Generator<Event> {
  const inbox = observed.inboxes.get(device.userId);
  if (!inbox || !upTo || upTo.epoch !== inbox.dump.epoch) return;
  for (let seq = after + 1; seq <= upTo.seq; seq++) {
    const { conversationId, conversationSeq } = inbox.entries[seq] ?? {};
    const event =
      conversationId && conversationSeq
        ? observed.conversations.get(conversationId)?.events[conversationSeq]
        : undefined;
    if (event) yield event;
  }
}
