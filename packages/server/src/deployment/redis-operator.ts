import { type Command, type NodeId, TidemarkError } from '@tidemark/core';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../ingress/envelope.ts';
import { assertRedisClient, type RedisClient } from '../redis/client.ts';
import { type RedisKeys, redisKeys } from '../redis/keys.ts';
import { RedisCalls } from '../redis/redis-calls.ts';
import { lagOf, redisTime } from '../redis/redis-time.ts';
import * as scripts from '../redis/scripts.ts';
import { stampOf } from './claims.ts';

/** A deployment as it stands in Redis, for whoever operates it. It takes no part: it claims nothing and carries nothing out. */
export interface Operator {
  status(): Promise<DeploymentStatus>;
  /** The oldest first; of one partition, or of all. @param limit 1 to 1,000. Default 100 */
  deadLetters(options?: { readonly partition?: number; readonly limit?: number }): Promise<DeadLetter[]>;
  /** @throws TidemarkError `invalid_input` of `id` where there is none */
  deadLetter(id: string): Promise<DeadLetter & { readonly body: string }>;
  /**
   * Queues it again, as a new intention: its sender was told that it failed, and its refusal is remembered. What has become stored meanwhile
   * is not stored twice. Then it is dropped. Messages alone: of any other command the sender asks again.
   *
   * @throws TidemarkError `invalid_input` where there is none or it cannot be read; `conflict` where it is no message, or of another deployment
   */
  retry(id: string): Promise<void>;
  /** Forgets it for good. @throws TidemarkError `invalid_input` of `id` where there is none */
  drop(id: string): Promise<void>;
  /** Of its own timers; the client stays open. */
  close(): void;
}

export interface DeploymentStatus {
  /** Undefined where nothing has been claimed under the prefix. */
  readonly claim: { readonly identity: string; readonly epoch: string; readonly partitions: number } | undefined;
  /** Processes that live on the claim. */
  readonly processes: readonly string[];
  readonly workers: readonly string[];
  readonly partitions: readonly PartitionStatus[];
  /** ms by which the clock of this process is ahead of that of Redis (behind: negative). */
  readonly aheadMs: number;
}

export interface PartitionStatus {
  readonly partition: number;
  /** The node that writes it; undefined when nobody does. */
  readonly owner: string | undefined;
  readonly backlog: number;
  /** ms for which the oldest command has waited. */
  readonly lagMs: number;
  readonly deadLetters: number;
}

export interface DeadLetter {
  /** `<partition>/<id of the entry>` */
  readonly id: string;
  readonly partition: number;
  /** ms since 1970. */
  readonly at: number;
  readonly reason: string;
  /** What the command is; undefined where it cannot be read. */
  readonly command: Pick<Command, 'type' | 'conversationId' | 'actorId' | 'commandId'> | undefined;
}

const NO_BOUND = 1e15;
const ID = /^(\d{1,3})\/(\d{1,16}-\d{1,16})$/;

type Letter = readonly [id: string, fields: readonly string[]];

/**
 * @param options.keyPrefix as given to `createMessaging`; `tm:` unless set
 * @throws TypeError naming the option that cannot be used
 */
export function openOperator(options: {
  readonly redis: RedisClient;
  readonly keyPrefix?: string | undefined;
}): Operator {
  assertRedisClient(options.redis);
  return new RedisOperator(new RedisCalls(options.redis), redisKeys(options.keyPrefix));
}

class RedisOperator implements Operator {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;

  constructor(calls: RedisCalls, keys: RedisKeys) {
    this.#calls = calls;
    this.#keys = keys;
  }

  close(): void {
    this.#calls.close();
  }

  async status(): Promise<DeploymentStatus> {
    const [fields, rows, now] = await Promise.all([
      this.#deployment(),
      this.#calls.run(scripts.liveNodes, [this.#keys.nodes], []) as Promise<readonly string[]>,
      redisTime(this.#calls),
    ]);
    const aheadMs = Date.now() - now;
    const { identity, epoch, partitions } = fields;
    const count = Number(partitions ?? 0);
    const living = Object.entries(fields).filter(
      ([name, till]) => name.startsWith('node:') && Number.parseInt(till, 10) > now,
    );
    const workers = rows.map((row) => row.split(' ')).filter(([role]) => role === 'worker');
    return {
      claim: identity === undefined ? undefined : { identity, epoch: epoch ?? '', partitions: count },
      processes: living.map(([name]) => name.slice('node:'.length)).sort(),
      workers: workers.map(([, nodeId = '']) => nodeId).sort(),
      partitions: await Promise.all(Array.from({ length: count }, (_, partition) => this.#partition(partition, now))),
      aheadMs,
    };
  }

  async deadLetters({ partition, limit = 100 }: { partition?: number; limit?: number } = {}): Promise<DeadLetter[]> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw new TidemarkError('invalid_input', 'must be 1 to 1,000', { field: 'limit' });
    }
    const { partitions } = await this.#deployment();
    const asked =
      partition === undefined ? Array.from({ length: Number(partitions ?? 0) }, (_, each) => each) : [partition];
    const found = await Promise.all(
      asked.map(async (each) => {
        const letters = await this.#calls.command('xrange', this.#keys.dead(each), '-', '+', 'COUNT', limit);
        return (letters as Letter[]).map((letter) => letterOf(each, letter));
      }),
    );
    const sorted = found.flat().sort((one, other) => one.at - other.at);
    return sorted.slice(0, limit).map(({ body: _, ...letter }) => letter);
  }

  async deadLetter(id: string): Promise<DeadLetter & { readonly body: string }> {
    const [, partition, entry = ''] = ID.exec(id) ?? [];
    const letters =
      partition && (await this.#calls.command('xrange', this.#keys.dead(Number(partition)), entry, entry));
    const [letter] = (letters || []) as Letter[];
    if (!letter) throw new TidemarkError('invalid_input', 'names no dead letter', { field: 'id' });
    return letterOf(Number(partition), letter);
  }

  async retry(id: string): Promise<void> {
    const { partition, body } = await this.deadLetter(id);
    const envelope = decodeEnvelope(body);
    const { identity } = await this.#deployment();
    if (envelope.of !== '' && envelope.of !== stampOf({ identity: (identity ?? '') as never })) {
      throw new TidemarkError('conflict', 'it belongs to another deployment');
    }
    // In this order: whoever is interrupted in between has it twice, and the second one is a repeat.
    const args = [NO_BOUND, NO_BOUND, NO_BOUND, encodeEnvelope(askedAnew(envelope))];
    await this.#calls.run(scripts.append, [this.#keys.commands(partition), this.#keys.backlog(partition)], args);
    await this.#delete(id);
  }

  async drop(id: string): Promise<void> {
    await this.deadLetter(id);
    await this.#delete(id);
  }

  async #delete(id: string): Promise<void> {
    const [, partition, entry = ''] = ID.exec(id) ?? [];
    await this.#calls.command('xdel', this.#keys.dead(Number(partition)), entry);
  }

  async #deployment(): Promise<Readonly<Record<string, string>>> {
    const reply = (await this.#calls.command('hgetall', this.#keys.deployment)) as
      | readonly string[]
      | Record<string, string>;
    if (!Array.isArray(reply)) return reply as Record<string, string>;
    return Object.fromEntries(reply.flatMap((name, at) => (at % 2 === 0 ? [[name, reply[at + 1]]] : [])));
  }

  async #partition(partition: number, now: number): Promise<PartitionStatus> {
    const [owner, backlog, oldest, deadLetters] = await Promise.all([
      this.#calls.command('get', this.#keys.owner(partition)),
      this.#calls.command('xlen', this.#keys.commands(partition)),
      this.#calls.command('xrange', this.#keys.commands(partition), '-', '+', 'COUNT', 1),
      this.#calls.command('xlen', this.#keys.dead(partition)),
    ]);
    return {
      partition,
      owner: owner === null ? undefined : (String(owner).split('/').at(-1) as NodeId),
      backlog: Number(backlog),
      lagMs: lagOf((oldest as Letter[])[0], now),
      deadLetters: Number(deadLetters),
    };
  }
}

/** With `retry` raised it is a new intention for the writer that remembers its refusal. Other commands have no such mark. */
function askedAnew(envelope: Envelope): Envelope {
  const { command } = envelope;
  if (command.type !== 'message.send') {
    throw new TidemarkError(
      'conflict',
      `only messages can be queued again, and this is a ${command.type}: its sender can ask anew`,
    );
  }
  return { ...envelope, command: { ...command, retry: (command.retry ?? 0) + 1 } };
}

function letterOf(partition: number, [entry, fields]: Letter): DeadLetter & { body: string } {
  const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
  const body = field('body');
  return {
    id: `${partition}/${entry}`,
    partition,
    at: Number(field('at')),
    reason: field('reason'),
    command: commandIn(body),
    body,
  };
}

function commandIn(body: string): DeadLetter['command'] {
  try {
    const { type, conversationId, actorId, commandId } = decodeEnvelope(body).command;
    return { type, conversationId, actorId, commandId };
  } catch {
    return undefined;
  }
}
