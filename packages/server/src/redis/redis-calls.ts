import type { Writable } from 'node:stream';
import { UnavailableError } from '@tidemark/core';
import { isClusterClient, type RedisClient } from './client.ts';
import { Deadlines } from './deadlines.ts';
import { isNoScript, redisFailure } from './failure.ts';
import type { Script } from './scripts.ts';

/** How long a call waits for its answer, connecting included. */
export const CALL_TIMEOUT_MS = 3_000;
/** Calls that may be without an answer at once: a server that stands still must not fill this process. */
const MAX_CALLS = 10_000;

type Argument = string | number;

/**
 * The commands of a backplane on the application's client, which it shares with the application. Every call settles: with
 * the answer, with UnavailableError after CALL_TIMEOUT_MS at the latest, or with the error the server gave.
 *
 * While the client is not connected calls wait here, not in the client, so that one that has given up is not sent later.
 * Calls are sent in the order in which they were made.
 */
export class RedisCalls {
  readonly deadlines = new Deadlines();
  /** Whether keys with different hash tags may be on different servers. */
  readonly isCluster: boolean;
  /** Told when the application selects another database; see `database`. */
  readonly onSelect = new Set<() => void>();
  readonly #client: RedisClient;
  /** Calls that wait for the connection, oldest first. */
  readonly #held: { readonly expires: number; readonly send: () => void; readonly refuse: (why: string) => void }[] =
    [];
  #sent = 0;
  /** The connection that holds back what is written until this turn of the event loop is over. */
  #corked: Writable | undefined;
  #closed = false;

  constructor(client: RedisClient) {
    this.#client = client;
    this.isCluster = isClusterClient(client);
    client.on('ready', this.#release);
    client.on('end', this.#release);
    client.on('select', this.#selected);
  }

  /** What the application's client puts before every key and channel. */
  get keyPrefix(): string {
    return this.#client.options.keyPrefix ?? '';
  }

  /** The database that the application's client is on now. */
  get database(): number {
    if (isClusterClient(this.#client)) return 0;
    return this.#client.condition?.select ?? this.#client.options.db ?? 0;
  }

  /** Runs a script. All keys are in one slot. */
  async run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    try {
      return await this.command('evalsha', script.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isNoScript(error)) throw error;
      return await this.command('eval', script.lua, keys.length, ...keys, ...args);
    }
  }

  async command(name: string, ...args: Argument[]): Promise<unknown> {
    try {
      return await this.deadlines.within(CALL_TIMEOUT_MS, name, this.#send(name, args));
    } catch (error) {
      throw redisFailure(error, name);
    }
  }

  close(): void {
    this.#closed = true;
    this.#client.off('ready', this.#release);
    this.#client.off('end', this.#release);
    this.#client.off('select', this.#selected);
    for (const call of this.#held.splice(0)) call.refuse('the backplane was closed');
    this.deadlines.close();
  }

  #send(name: string, args: readonly Argument[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new UnavailableError('the backplane was closed'));
    if (this.#sent + this.#held.length >= MAX_CALLS) {
      return Promise.reject(new UnavailableError(`${MAX_CALLS} calls to Redis are waiting for an answer`));
    }
    if (this.#held.length === 0 && this.#connected()) return this.#call(name, args);
    this.#dropExpired();
    if (this.#client.status === 'end') return Promise.reject(new UnavailableError('the client of Redis was closed'));
    return new Promise((resolve, reject) => {
      this.#held.push({
        expires: performance.now() + CALL_TIMEOUT_MS,
        send: () => this.#call(name, args).then(resolve, reject),
        refuse: (why) => reject(new UnavailableError(why)),
      });
    });
  }

  async #call(name: string, args: readonly Argument[]): Promise<unknown> {
    this.#sent += 1;
    this.#writeTogether();
    try {
      return await this.#client.call(name, ...args);
    } finally {
      this.#sent -= 1;
    }
  }

  /** What is sent in one turn of the event loop goes with one write: under load the writes cost more than the calls. */
  #writeTogether(): void {
    const { stream } = this.#client as { stream?: Writable | null };
    if (!stream || stream === this.#corked) return;
    this.#corked = stream;
    stream.cork();
    setImmediate(() => {
      this.#corked = undefined;
      stream.uncork();
    });
  }

  /** A client that waits for its first command connects by being given one. */
  #connected(): boolean {
    return this.#client.status === 'ready' || this.#client.status === 'wait';
  }

  readonly #release = (): void => {
    this.#dropExpired();
    if (this.#connected()) for (const call of this.#held.splice(0)) call.send();
    else if (this.#client.status === 'end') {
      for (const call of this.#held.splice(0)) call.refuse('the client of Redis was closed');
    }
  };

  readonly #selected = (): void => {
    for (const listener of [...this.onSelect]) listener();
  };

  /** Their callers have been refused already. */
  #dropExpired(): void {
    const now = performance.now();
    const first = this.#held.findIndex((call) => call.expires > now);
    this.#held.splice(0, first < 0 ? this.#held.length : first);
  }
}
