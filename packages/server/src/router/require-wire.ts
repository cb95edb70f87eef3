import { type UserId, WIRE_VERSION, wireTrouble } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';

/**
 * Refuses a client whose release is too far from this one. It says its wire version in the input of what it reads its inbox by,
 * which gets here over every transport; whoever has no feed has nothing to misread.
 *
 * @throws TidemarkError `incompatible`
 */
export function requireWire(userId: UserId, wire: number | undefined, events: ServerEventBus): void {
  const error = wireTrouble({ client: wire, server: WIRE_VERSION });
  if (!error) return;
  events.emit('client-refused', { userId, wire, error });
  throw error;
}
