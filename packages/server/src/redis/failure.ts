import { UnavailableError } from '@tidemark/core';

/** Answers with which a server refuses for now: starting, failing over, moved, full, busy, not in sync. */
const PASSING =
  /^(?:LOADING|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|READONLY|MASTERDOWN|UNBLOCKED|OOM|BUSY|MISCONF|NOREPLICAS)\b/;

/**
 * UnavailableError for what may pass. What a server answered otherwise (a wrong type, a missing permission) is a defect
 * and stays as it is; everything else that fails between here and the server is the connection.
 */
export function redisFailure(error: unknown, what: string): unknown {
  if (error instanceof UnavailableError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'ReplyError' && !PASSING.test(message)) return error;
  return new UnavailableError(`Redis is not available for ${what}: ${message}`, { cause: error });
}

/** A server has reached its `maxmemory`; what was asked for was not done. */
export function isOutOfMemory(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : {};
  return cause instanceof Error && cause.message.startsWith('OOM');
}

export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Where a cluster says that a slot is, as `host:port`; undefined when the error is another one. */
export function movedTo(error: unknown): string | undefined {
  return error instanceof Error ? /^(?:MOVED|ASK) \d+ (\S+)/.exec(error.message)?.[1] : undefined;
}
