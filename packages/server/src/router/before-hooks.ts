import { type Clock, type CommandOf, type CommandType, type Content, type Limits, TidemarkError } from '@tidemark/core';
import { createGroupInput, membersInput, parseWire } from '@tidemark/core/wire';
import { z } from 'zod';
import { inTime } from '../in-time.ts';
import { HOUR, ms } from '../option-rules.ts';
import type { ServerEventBus } from '../server-events.ts';
import { type AuthorizedCommand, type Refusal, refused } from './authorization.ts';
import type { ContentKinds } from './content-kinds.ts';

/** The hook of each type of command. A type without a row does not compile. */
const HOOKS = {
  'message.send': 'beforeSend',
  'message.edit': 'beforeEdit',
  'reaction.set': 'beforeReact',
  'message.revoke': 'beforeRevoke',
  'pin.set': 'beforePin',
  'conversation.create': 'beforeCreate',
  'members.add': 'beforeAddMembers',
  'members.remove': 'beforeRemoveMembers',
  'read.mark': 'beforeMarkRead',
  'settings.set': 'beforeSetSettings',
} as const satisfies Record<CommandType, `before${string}`>;

export type HookName = (typeof HOOKS)[CommandType];

/** What a hook may put in place of what the caller gave; `never`: it accepts or refuses. @typeParam In as senders write it */
export interface Replacements<In> {
  'message.send': Content<In>;
  'message.edit': Content<In>;
  'reaction.set': never;
  'message.revoke': never;
  'pin.set': never;
  /** Of a group; a direct conversation is named by its two users. */
  'conversation.create': { readonly title?: string | null; readonly memberIds?: readonly string[] };
  'members.add': { readonly memberIds: readonly string[] };
  'members.remove': never;
  'read.mark': never;
  'settings.set': never;
}

/** Nothing accepts. `replace` is checked like what a caller gives. A refusal reaches the caller as `forbidden`. */
export type HookAnswer<Replacement> = undefined | { readonly replace: Replacement } | Refusal;

export type BeforeHook<T extends CommandType, In, Out> = (
  command: Extract<AuthorizedCommand<Out>, { readonly type: T }>,
) => HookAnswer<Replacements<In>[T]> | Promise<HookAnswer<Replacements<In>[T]>>;

/**
 * What the application does with a command before it is queued: look at it, replace its content, refuse it. Called on the
 * process that the caller is connected to, after `authorize`, and again when a client repeats the command: what was stored the first
 * time stands. Commands of the application itself (`messaging.send({ as })`) call none.
 *
 * @typeParam In  content as senders write it
 * @typeParam Out content as stored
 */
export type BeforeHooks<In, Out> = {
  readonly [T in CommandType as (typeof HOOKS)[T]]?: BeforeHook<T, In, Out> | undefined;
} & HookRules;

interface HookRules {
  /** ms that a hook may take. Default 2,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * What a hook that takes longer means: `retry` fails the call with `unavailable`, and clients repeat it; `accept` lets the command
   * through as it came; `refuse` is `forbidden`. Default `retry`.
   */
  readonly onTimeout?: 'retry' | 'accept' | 'refuse' | undefined;
}

const hook = z.custom<AnyHook>((value) => typeof value === 'function', 'must be a function').optional();
const rules = z.strictObject({
  ...(Object.fromEntries(Object.values(HOOKS).map((name) => [name, hook])) as Record<HookName, typeof hook>),
  timeoutMs: ms(10, HOUR).default(2_000),
  onTimeout: z.enum(['retry', 'accept', 'refuse']).default('retry'),
});

type AnyHook = (command: CommandOf<CommandType>) => unknown;

/** The given hooks, checked. @throws TidemarkError `invalid_input` naming the hook or rule */
export function parseHooks(given: unknown): HookSettings {
  return parseWire(z.object({ hooks: rules.prefault({}) }), { hooks: given }).hooks;
}

export type HookSettings = z.output<typeof rules>;

/** Calls the hooks of the application. Stage 1. */
export class BeforeHookRunner {
  readonly #hooks: HookSettings;
  readonly #replacers: Replacers;
  readonly #clock: Clock;
  readonly #events: ServerEventBus;

  constructor(options: {
    hooks: HookSettings;
    content: Pick<ContentKinds, 'parse'>;
    limits: Pick<Limits, 'inboxMembers'>;
    clock: Clock;
    events: ServerEventBus;
  }) {
    this.#hooks = options.hooks;
    this.#replacers = replacersOf(options.content, options.limits);
    this.#clock = options.clock;
    this.#events = options.events;
  }

  /**
   * The command as it is to be queued. Throws `forbidden` where the hook refuses, `unavailable` where it throws or takes too long (or
   * what `onTimeout` says), and an error that the caller sees as an internal one where its answer can't be used.
   */
  async run<T extends CommandType>(command: CommandOf<T>): Promise<CommandOf<T>> {
    const name = HOOKS[command.type];
    const hook = this.#hooks[name];
    if (!hook) return command;
    const { timeoutMs } = this.#hooks;
    try {
      const late = () => new HookTimeout(`${name} took more than ${timeoutMs} ms (hooks.timeoutMs)`);
      return await this.#answered(command, name, await inTime(this.#clock, timeoutMs, ask(hook, command), late));
    } catch (error) {
      if (error instanceof TidemarkError) throw error;
      const { cause } = error as HookOutage;
      const isOutage = error instanceof HookOutage;
      this.#events.emit('hook-failed', { hook: name, userId: command.actorId, error: isOutage ? cause : error });
      if (isOutage) throw new TidemarkError('unavailable', `${name} of the application failed`, { cause });
      if (error instanceof HookTimeout) return this.#timedOut(command, error);
      throw error;
    }
  }

  async #answered<T extends CommandType>(
    command: CommandOf<T>,
    name: HookName,
    answer: unknown,
  ): Promise<CommandOf<T>> {
    if (answer === undefined) return command;
    if (typeof answer === 'object' && answer !== null) {
      if ('refuse' in answer) throw refused(answer as Refusal);
      if ('replace' in answer) return this.#replaced(command, name, answer.replace);
    }
    throw new Error(`${name} answered neither { replace } nor { refuse }`);
  }

  async #replaced<T extends CommandType>(
    command: CommandOf<T>,
    name: HookName,
    replacement: unknown,
  ): Promise<CommandOf<T>> {
    try {
      return await (this.#replacers as ReplacersByType<T>)[command.type as T](command, replacement);
    } catch (cause) {
      // The caller gave nothing of it.
      throw new Error(`${name} gave a replacement that cannot be used`, { cause });
    }
  }

  #timedOut<T extends CommandType>(command: CommandOf<T>, { message }: HookTimeout): CommandOf<T> {
    switch (this.#hooks.onTimeout) {
      case 'accept':
        return command;
      case 'refuse':
        throw refused({ refuse: 'the application did not decide in time' });
      case 'retry':
        throw new TidemarkError('unavailable', message, { limit: 'hooks.timeoutMs' });
    }
  }
}

class HookTimeout extends Error {}

/** What the hook threw is its cause. */
class HookOutage extends Error {}

/** An error of the table goes to the caller as it is. */
async function ask(hook: AnyHook, command: CommandOf<CommandType>): Promise<unknown> {
  try {
    return await hook(command);
  } catch (cause) {
    throw cause instanceof TidemarkError ? cause : new HookOutage('a hook has thrown', { cause });
  }
}

type Replacer<C> = (command: C, replacement: unknown) => C | Promise<C>;
type Replacers = { readonly [T in CommandType]: Replacer<CommandOf<T>> };
type ReplacersByType<T extends CommandType> = { readonly [Type in T]: Replacer<CommandOf<T>> };

function replacersOf(content: Pick<ContentKinds, 'parse'>, { inboxMembers }: Pick<Limits, 'inboxMembers'>): Replacers {
  const given = z.object({ type: z.string(), content: z.unknown() });
  const message = async <C extends CommandOf<'message.send' | 'message.edit'>>(command: C, replacement: unknown) => {
    const { type, content: value } = parseWire(given, replacement);
    return { ...command, message: await content.parse(type, value) };
  };
  const none = (): never => {
    throw new Error('a command of this type is accepted or refused');
  };
  const group = createGroupInput(inboxMembers);
  const added = membersInput(inboxMembers);
  return {
    'message.send': message,
    'message.edit': message,
    'reaction.set': none,
    'message.revoke': none,
    'pin.set': none,
    'conversation.create': (command, replacement) => {
      if (command.kind !== 'group') return none();
      const { title, memberIds } = command;
      const { title: newTitle = null, memberIds: newMembers } = parseWire(group, {
        title,
        memberIds: [...memberIds],
        ...(replacement as object),
      });
      return { ...command, title: newTitle, memberIds: newMembers };
    },
    'members.add': (command, replacement) => {
      const { conversationId } = command;
      return { ...command, memberIds: parseWire(added, { conversationId, ...(replacement as object) }).memberIds };
    },
    'members.remove': none,
    'read.mark': none,
    'settings.set': none,
  };
}
