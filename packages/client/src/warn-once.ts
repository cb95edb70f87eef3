import type { ClientEmitter } from './client-events.ts';
import { hasEnded } from './connection/connection.ts';

/** What comes and goes is worth a word only when it lasts. */
const LASTING = 3;

/** Says on the console, once for each cause, what would otherwise be a client that waits in silence. */
export function warnOnce(events: ClientEmitter): void {
  const said = new Set<string>();
  let failures = 0;

  function say(about: string, cause: string, detail: string): void {
    if (said.has(cause)) return;
    said.add(cause);
    // biome-ignore lint/suspicious/noConsole: the one place where the client speaks to whoever develops with it
    console.warn(`tidemark: ${about} ${cause}: ${detail} (warnings: false)`);
  }

  events.on('connection', (now) => {
    if (now.state === 'live') failures = 0;
    if (!('cause' in now) || now.cause.reason === 'nobody') return;
    failures += 1;
    const { reason, detail } = now.cause;
    if (failures >= LASTING || hasEnded(now)) say('connection', reason, detail);
  });
  events.on('store', ({ problem, error }) => say('local store', problem, String(error)));
}
