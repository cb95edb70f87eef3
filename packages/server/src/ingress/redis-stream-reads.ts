import { inOneTurn } from '../in-one-turn.ts';
import type { RedisClient, RedisConnection } from '../redis/client.ts';
import { redisFailure } from '../redis/failure.ts';
import { closeOwnConnection, dropOwnConnection, openOwnConnection } from '../redis/own-connection.ts';
import { CALL_TIMEOUT_MS, type RedisCalls } from '../redis/redis-calls.ts';

/** How long a read waits in Redis before it is answered without entries. */
const BLOCK_MS = 5_000;
const READING = 'reading commands';

export interface StreamRead {
  readonly key: string;
  /** Id after which it reads. */
  readonly after: string;
  /** Entries at most; there may be more when others ask for more. */
  readonly count: number;
  /** Whether to wait for an entry. One read that does not makes those that go with it not wait either. */
  readonly wait: boolean;
}

/** Fields are null when an entry was deleted while it was being read. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null];

/**
 * Reads streams that are on one server of Redis. What is asked for in one turn of the event loop is one XREAD, and since that
 * blocks, it has a connection of its own: as many are open as reads have been under way at once.
 */
export class RedisStreamReads {
  readonly #calls: RedisCalls;
  readonly #client: RedisClient;
  readonly #closing = new AbortController();
  readonly #connections = new Set<RedisConnection>();
  /** Those of them on which nothing is under way. */
  #idle: RedisConnection[] = [];
  #ended = 0;

  constructor(calls: RedisCalls, client: RedisClient) {
    this.#calls = calls;
    this.#client = client;
  }

  /**
   * The entries of a stream after an id. Without any it is answered after BLOCK_MS, at once if one of those asked for in
   * the same turn does not wait, or as soon as another of them has some. Throws UnavailableError.
   */
  readonly read = inOneTurn<StreamRead, readonly RawEntry[]>((reads) => {
    // Redis names the streams as the client of the application has it name them.
    const prefix = this.#client.options.keyPrefix ?? '';
    const answers = new Map<StreamRead, Promise<readonly RawEntry[]>>();
    for (const together of withoutRepeats(reads)) {
      const answer = this.#xread(together);
      for (const read of together)
        answers.set(
          read,
          answer.then((entries) => entries.get(prefix + read.key) ?? []),
        );
    }
    return reads.map((read) => answers.get(read) as Promise<readonly RawEntry[]>);
  });

  /** The highest id in a stream; undefined when it is empty. Throws UnavailableError. */
  readonly newest = inOneTurn<string, string | undefined>((keys) => {
    const [first = ''] = keys;
    const answer = this.#use(first, CALL_TIMEOUT_MS, (connection) =>
      Promise.all(keys.map((key) => connection.call('xrevrange', key, '+', '-', 'COUNT', 1))),
    );
    return keys.map((_, index) => answer.then((replies) => (replies[index] as RawEntry[])[0]?.[0]));
  });

  /**
   * Connections that were lost so far, also those on which nothing was under way: who reads on afterwards may be reading
   * from a server that does not hold what the former one held.
   */
  get lost(): number {
    // A connection is known to have ended a little before its event says so.
    return this.#ended + [...this.#connections].filter(({ status }) => status === 'end').length;
  }

  /** Ends its connections, and what is under way on them with UnavailableError. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#connections].map(closeOwnConnection));
  }

  async #xread(reads: readonly StreamRead[]): Promise<Map<string, readonly RawEntry[]>> {
    const keys = reads.map(({ key }) => key);
    const count = Math.max(...reads.map((read) => read.count));
    const blockMs = reads.every((read) => read.wait) ? BLOCK_MS : undefined;
    const reply = await this.#use(keys[0] as string, (blockMs ?? 0) + CALL_TIMEOUT_MS, (connection) =>
      connection.call(
        'xread',
        'COUNT',
        count,
        ...(blockMs === undefined ? [] : ['BLOCK', blockMs]),
        'STREAMS',
        ...keys,
        ...reads.map(({ after }) => after),
      ),
    );
    return entriesOf(reply);
  }

  async #use<T>(key: string, limitMs: number, use: (connection: RedisConnection) => Promise<T>): Promise<T> {
    this.#idle = this.#idle.filter(({ status }) => status !== 'end');
    let connection = this.#idle.pop();
    try {
      connection ??= await this.#open(key);
      const answer = await this.#calls.deadlines.within(limitMs, READING, use(connection));
      this.#idle.push(connection);
      return answer;
    } catch (error) {
      if (connection) dropOwnConnection(connection);
      throw redisFailure(error, READING);
    }
  }

  async #open(key: string): Promise<RedisConnection> {
    const { connection } = await openOwnConnection({
      client: this.#client,
      calls: this.#calls,
      name: 'tidemark-ingress',
      signal: this.#closing.signal,
      first: (opened) => opened.call('exists', key),
    });
    this.#connections.add(connection);
    connection.on('end', () => {
      this.#connections.delete(connection);
      this.#ended += 1;
    });
    return connection;
  }
}

/** Each stream once in a call, since the answer names them by it; only who opens a partition anew asks a second time. */
function withoutRepeats(reads: readonly StreamRead[]): StreamRead[][] {
  const calls: StreamRead[][] = [];
  for (const read of reads) {
    const call = calls.find((others) => others.every(({ key }) => key !== read.key));
    if (call) call.push(read);
    else calls.push([read]);
  }
  return calls;
}

/** By stream, of a reply of XREAD: `[[key, entries], …]`, or `{ key: entries, … }` of a client that maps RESP3. */
function entriesOf(reply: unknown): Map<string, readonly RawEntry[]> {
  const streams = Array.isArray(reply) ? reply : Object.entries(reply ?? {});
  return new Map(streams as [string, readonly RawEntry[]][]);
}
