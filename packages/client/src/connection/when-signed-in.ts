import { onAbort, whenAborted } from '../abort-signal.ts';
import { type Connection, hasEnded } from './connection.ts';

/** Waits while nobody is signed in, when a subscription would only fail; until `closing` aborts at the longest. */
export async function whenSignedIn(connection: Connection | undefined, closing: AbortSignal): Promise<void> {
  if (!connection) return;
  const isUsable = (): boolean => !hasEnded(connection.getSnapshot());
  if (isUsable() || closing.aborted) return;
  const over = new AbortController();
  const unsubscribe = connection.subscribe(() => isUsable() && over.abort());
  const release = onAbort(closing, () => over.abort());
  await whenAborted(over.signal);
  unsubscribe();
  release();
}
