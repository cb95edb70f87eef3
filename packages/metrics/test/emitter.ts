import type { HealthReport, ServerEventName, ServerEvents } from '@tidemark/server';
import type { ObservedMessaging } from '../src/index.ts';

/** Something to observe whose events a test emits. */
export function emitter() {
  const listeners = new Map<ServerEventName, Set<(payload: never) => void>>();
  const messaging: ObservedMessaging = {
    on(name, listener) {
      const others = listeners.get(name) ?? new Set();
      listeners.set(name, others.add(listener));
      return () => others.delete(listener);
    },
    health: (): HealthReport => ({ status: 'ok', reasons: [] }),
  };
  return {
    messaging,
    emit<Name extends ServerEventName>(name: Name, payload: ServerEvents[Name]): void {
      for (const listener of listeners.get(name) ?? []) (listener as (payload: ServerEvents[Name]) => void)(payload);
    },
    listeners: (): number => [...listeners.values()].reduce((sum, { size }) => sum + size, 0),
  };
}
