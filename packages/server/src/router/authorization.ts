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

/** `true` allows. A text is told to the caller, with `forbidden`; so is a refusal without one. */
export type Authorization = boolean | { readonly refuse: string };

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
    const text = typeof answer === 'object' ? answer?.refuse : undefined;
    throw new TidemarkError('forbidden', shortened(text ?? 'the application does not allow this'));
  }

  #inTime(asked: Promise<Authorization>): Promise<Authorization> {
    const detail = `authorize took more than ${this.#timeoutMs} ms (authorizeTimeoutMs)`;
    const late = () => new TidemarkError('unavailable', detail, { limit: 'authorizeTimeoutMs' });
    return inTime(this.#clock, this.#timeoutMs, asked, late);
  }
}
