import { backoff, type Clock, type Random } from '@tidemark/core';
import { createWakeSignal, whenAborted } from '../abort-signal.ts';
import { within } from '../within.ts';
import { type ConnectionCause, textOf } from './connection-cause.ts';
import type { ConnectionEvent } from './connection-table.ts';
import type { Environment } from './environment.ts';
import type { Identity } from './identity.ts';

/** The attempts of the stock client to open a socket: when the next one is made, and with which token and URL. */
export interface Attempts {
  /** Failed ones in a row. */
  failures: number;
  /** Why the last one failed. */
  cause: ConnectionCause;
  /** Of the last one. */
  token: string;
  /** Waits its turn, gets the token, gives the URL. */
  next(): Promise<string>;
  /** Does not wait for the next attempt: it is the one after `failures`, unless fewer have failed. */
  hurry(failures?: number): void;
  /** After a refusal. One that comes after a long while is answered at once: tokens expire. One soon after another waits longer each time. */
  pace(): void;
  /** The page may not be frozen any more. */
  thaw(): void;
  /** Resolves when the page is not frozen; while it is there is no timer either. Rejects when the session ends first. */
  thawed(): Promise<void>;
}

export interface AttemptsOptions {
  readonly url: string | (() => string | Promise<string>);
  readonly identity: Identity;
  readonly environment: Environment;
  readonly tokenTimeoutMs: number;
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  readonly clock: Clock;
  readonly random: Random;
  readonly ended: AbortSignal;
  readonly happen: (event: ConnectionEvent, nextTryAt?: number) => void;
  readonly isOffline: () => boolean;
  /** The wait while HTTP carries. */
  readonly probeWait: (failures: number) => number | undefined;
}

export const NEVER_TRIED: ConnectionCause = { reason: 'unreachable', detail: 'no attempt yet' };

/** Refusals within so long of each other, in ms, are waited for longer and longer. */
const QUIET_MS = 60_000;

export function createAttempts(options: AttemptsOptions): Attempts {
  const { url, identity, environment, tokenTimeoutMs, clock, random, ended, happen, isOffline, probeWait } = options;
  const hurried = createWakeSignal();
  const frozen = createWakeSignal();
  let refusedAt = -Infinity;
  /** Refusals that came soon after another. */
  let refusedSoon = 0;

  async function thawed(): Promise<void> {
    while (!ended.aborted && environment.frozen) await whenAborted(frozen.signal);
    if (ended.aborted) throw new Error('the connection was closed');
  }

  async function turn(): Promise<void> {
    await thawed();
    const { failures } = attempts;
    if (failures === 0) return;
    if (!environment.network) happen('network-gone');
    const waitMs =
      probeWait(failures) ?? backoff(isOffline() ? Infinity : failures - 1, { ...options.backoff, random });
    happen('wait', clock.now() + waitMs);
    await clock.sleep(waitMs, hurried.signal);
    await thawed();
  }

  async function failingAs<T>(reason: 'token' | 'url', asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      attempts.cause = { reason, detail: textOf(error) };
      throw error;
    }
  }

  const attempts: Attempts = {
    failures: 0,
    cause: NEVER_TRIED,
    token: '',
    next: async () => {
      await turn();
      attempts.failures += 1;
      happen('attempt');
      attempts.token = await failingAs('token', identity.token());
      const askUrl = () => (typeof url === 'string' ? url : url());
      const given = await failingAs('url', within(tokenTimeoutMs, 'tokenTimeoutMs', askUrl, clock, ended));
      // The page was frozen while they were fetched.
      await thawed();
      return given;
    },
    hurry: (failures = Infinity) => {
      attempts.failures = Math.min(attempts.failures, failures);
      hurried.wake();
    },
    pace: () => {
      const at = clock.monotonic();
      refusedSoon = at - refusedAt < QUIET_MS ? refusedSoon + 1 : 0;
      refusedAt = at;
      attempts.failures = refusedSoon;
    },
    thaw: frozen.wake,
    thawed,
  };
  return attempts;
}
