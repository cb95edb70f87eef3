import { type CommandId, parseErrorText, TidemarkError, type UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import { type NewRefusal, REFUSALS_KEPT, REFUSALS_KEPT_FOR, type Refusal, type Refusals } from './refusals.ts';

/** Refusals on Redis: a stream with expiry per partition; a position is the id of an entry. */
export class RedisRefusals implements Refusals {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;

  constructor(calls: RedisCalls, keys: RedisKeys) {
    this.#calls = calls;
    this.#keys = keys;
  }

  async remember(partition: number, refusals: readonly NewRefusal[]): Promise<void> {
    const fields = refusals.flatMap(({ actorId, commandId, retry, error }) => [
      actorId,
      commandId,
      retry,
      error.message,
    ]);
    await this.#calls.run(
      scripts.refuse,
      [this.#keys.refused(partition)],
      [REFUSALS_KEPT, REFUSALS_KEPT_FOR, ...fields],
    );
  }

  async since(partition: number, position: string | undefined) {
    const from = position === undefined ? '-' : `(${position}`;
    const entries = (await this.#calls.command('xrange', this.#keys.refused(partition), from, '+')) as [
      id: string,
      fields: string[],
    ][];
    return { refusals: entries.map(([, fields]) => refusalOf(fields)), position: entries.at(-1)?.[0] ?? position };
  }
}

/** Fields and values in turn, as `refuse.lua` writes them. */
function refusalOf([, actorId, , commandId, , retry, , text]: readonly string[]): Refusal {
  return {
    actorId: actorId as UserId,
    commandId: commandId as CommandId,
    retry: Number(retry),
    error: parseErrorText(text ?? '') ?? new TidemarkError('dead_lettered', `${text}`),
  };
}
