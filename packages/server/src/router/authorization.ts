import {
  type Clock,
  type Command,
  type CommandOf,
  type CommandType,
  type Content,
  type ContentMap,
  shortened,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { inTime } from '../in-time.ts';

/** A command as the application's `authorize` sees it, its message typed by the content kinds. @typeParam Out as stored */
export type AuthorizedCommand<Out> = { [T in CommandType]: WithContent<CommandOf<T>, Out> }[CommandType];

type WithContent<C, Out> = C extends { readonly message: unknown }
  ? Omit<C, 'message'> & { readonly message: Content<Out> }
  : C;

/** Told to the caller with `forbidden`, which clients do not repeat. */
export interface Refusal {
  /** A sentence for people, at most 256 characters of it. */
  readonly refuse: string;
  /** For programs: 1 to 64 of `a-z 0-9 _ . -`, such as `profanity`; it is `error.reason` on the client. */
  readonly reason?: string | undefined;
}

const REFUSAL_REASON = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const NOT_ALLOWED = 'the application does not allow this';

/** @throws Error for a reason that is none */
export function refused({ refuse = NOT_ALLOWED, reason }: Partial<Refusal>): TidemarkError {
  if (reason !== undefined && !REFUSAL_REASON.test(reason)) {
    throw new Error(`the reason of a refusal must be 1 to 64 of a-z, 0-9, "_", "." and "-": ${shortened(reason)}`);
  }
  return new TidemarkError('forbidden', shortened(refuse), { reason });
}

/** `true` allows; `false` refuses without a word. */
export type Authorization = boolean | Refusal;

/**
 * Who may do what, beyond membership: the application's rule, asked for every command after the caller is known to be a member
 * and before anything is queued. It may be asked about a command again: clients repeat those whose outcome they don't know.
 */
export type Authorize<Out> = (actor: UserId, command: AuthorizedCommand<Out>) => Authorization | Promise<Authorization>;

/**
 * Asks the application, within `timeoutMs`. Stage 1.
 *
 * Keeps  P12 where the application says who belongs
 */
export class Authorizer {
  readonly #authorize: Authorize<ContentMap> | undefined;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(authorize: Authorize<ContentMap> | undefined, clock: Clock, timeoutMs: number) {
    this.#authorize = authorize;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Throws `forbidden` where the application refuses, `unavailable` where it takes too long, or what it throws itself. */
  async require(command: Command): Promise<void> {
    if (!this.#authorize) return;
    const asked = this.#authorize(command.actorId, command);
    const answer = asked instanceof Promise ? await this.#inTime(asked) : await asked;
    // Whatever else is no permission: a rule that forgets to answer must not allow.
    if (answer === true) return;
    throw refused(typeof answer === 'object' && answer ? answer : {});
  }

  #inTime(asked: Promise<Authorization>): Promise<Authorization> {
    const detail = `authorize took more than ${this.#timeoutMs} ms (authorizeTimeoutMs)`;
    const late = () => new TidemarkError('unavailable', detail, { limit: 'authorizeTimeoutMs' });
    return inTime(this.#clock, this.#timeoutMs, asked, late);
  }
}
