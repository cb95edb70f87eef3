import type { ServerEventBus, ServerEventName, ServerEvents } from '../../src/server-events.ts';

/** Payloads of the events of that name, from now on. */
export function recorded<Name extends ServerEventName>(
  events: Pick<ServerEventBus, 'on'>,
  name: Name,
): ServerEvents[Name][] {
  const payloads: ServerEvents[Name][] = [];
  events.on(name, (payload) => payloads.push(payload));
  return payloads;
}
