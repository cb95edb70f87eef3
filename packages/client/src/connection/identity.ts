import type { Clock } from '@tidemark/core';
import { createWakeSignal, onAbort } from '../abort-signal.ts';
import { within } from '../within.ts';
import type { ConnectionCause } from './connection-cause.ts';

/** The token of the signed-in user, and how often in a row the server refused it. Both transports share it. */
export interface Identity {
  readonly refusals: number;
  /** The token for the next attempt or request; '' when the connection has none to send. Rejects when it cannot be had. */
  token(): Promise<string>;
  /** The server has answered. `byFeed`: it has said that the feed is the client's user's, which no other answer says. */
  accepted(byFeed?: boolean): void;
  /** The next token is fetched anew, and one that is being waited for is given up. */
  doubt(): void;
  /** One that is being waited for is given up; its attempt has failed. */
  giveUp(): void;
  /** `seen`: the refusals when the token was asked for. Many requests refused with one token are one refusal. */
  refused(cause: ConnectionCause, seen?: number): void;
  /** The connection was let in, and what the client asked for refused: from now on only the feed accepts. */
  denied(cause: ConnectionCause): void;
}

export type TokenSource = (why: { readonly refresh: boolean }) => string | null | Promise<string | null>;

export interface IdentityOptions {
  readonly source: TokenSource | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly ended: AbortSignal;
  readonly signOut: (cause: ConnectionCause) => void;
}

/** Once refused: the next token is a fresh one. Refused again, or nobody signed in: `signOut`. */
export function createIdentity({ source, timeoutMs, clock, ended, signOut }: IdentityOptions): Identity {
  let refusals = 0;
  let onlyByFeed = false;
  let refreshing: Promise<string | null> | undefined;
  const givenUp = createWakeSignal();
  onAbort(ended, giveUp);

  function giveUp(): void {
    refreshing = undefined;
    givenUp.wake();
  }

  async function ask(refresh: boolean): Promise<string | null> {
    return source
      ? within(timeoutMs, 'tokenTimeoutMs', () => source({ refresh }), clock, ended.aborted ? ended : givenUp.signal)
      : '';
  }

  function refused(cause: ConnectionCause, seen = refusals): void {
    if (seen === refusals) refusals += 1;
    if (refusals > 1) signOut(cause);
  }

  return {
    get refusals() {
      return refusals;
    },
    token: async () => {
      if (refusals > 0 && !refreshing) {
        const own = ask(true).finally(() => {
          if (refreshing === own) refreshing = undefined;
        });
        refreshing = own;
      }
      const token = await (refreshing ?? ask(false));
      if (token !== null) return token;
      signOut({ reason: 'nobody', detail: 'token() gave null' });
      throw new Error('nobody is signed in');
    },
    accepted: (byFeed = false) => {
      if (onlyByFeed && !byFeed) return;
      onlyByFeed = false;
      refusals = 0;
    },
    doubt: () => {
      giveUp();
      refusals = Math.max(refusals, 1);
    },
    giveUp,
    refused,
    denied: (cause) => {
      onlyByFeed = true;
      refused(cause);
    },
  };
}
