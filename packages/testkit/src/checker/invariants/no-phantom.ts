import type { Event } from '@tidemark/core';
import { present } from '../excerpt.ts';
import type { Observed } from '../observed.ts';
import { isSend, type ObservedOperation } from '../observed-operation.ts';
import { isMessage } from '../same-event.ts';
import { evidence, firstSightings } from '../sightings.ts';
import { findings, type Violation } from '../violation.ts';
import { aboutEvent, named, place } from '../wording.ts';

/**
 * Nobody sees what nobody sent: every message that stands in a log or reached a device was sent by its sender, into that
 * conversation, with that content, and was not refused. A send whose outcome is unknown may have happened.
 */
export function noPhantom(observed: Observed): Violation[] {
  const found = findings('no-phantom', ['P3', 'P12']);
  for (const sighting of firstSightings(observed)) {
    const { event } = sighting;
    const operation = event.commandId === null ? undefined : observed.operations.get(event.commandId);
    const wrong = whatIsWrong(event, operation);
    if (!wrong) continue;
    found.add(() => ({
      sentence: `${named(event)} (${place(event)}) was seen, but ${wrong}`,
      subject: aboutEvent(event),
      records: present(operation?.invokes[0], operation?.fails[0], evidence(sighting)),
    }));
  }
  return found.list();
}

function whatIsWrong(event: Event, operation: ObservedOperation | undefined): string | undefined {
  if (operation && operation.userId === event.actorId && operation.outcome === 'fail') {
    return `it was refused for good (${operation.fails[0]?.code})`;
  }
  if (!isMessage(event)) return undefined;
  if (!operation || !isSend(operation) || operation.userId !== event.actorId) return 'nobody sent it';
  const { conversationId, type, text } = operation.operation;
  if (conversationId !== event.conversationId) return `it was sent to ${conversationId}`;
  if (event.type === 'message.erased') return undefined;
  if (type !== event.message.type || text !== event.message.content.text) return 'what was sent reads differently';
  return undefined;
}
