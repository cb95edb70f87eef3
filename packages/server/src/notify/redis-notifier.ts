import { backoff, type NodeId } from '@tidemark/core';
import type { RedisClient, RedisConnection } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { closeOwnConnection, dropOwnConnection, openOwnConnection } from '../redis/own-connection.ts';
import { CALL_TIMEOUT_MS, type RedisCalls } from '../redis/redis-calls.ts';
import type { Notifier } from './notifier.ts';

/** How often a subscription is asserted anew, which finds a silent connection and a channel that moved. */
const ASSERT_MS = 5_000;

/** Notifier on sharded pub/sub, one channel per node. A frame for a channel without subscriber is lost. */
export class RedisNotifier implements Notifier {
  readonly #calls: RedisCalls;
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  #subscription: Subscription | undefined;

  constructor(calls: RedisCalls, client: RedisClient, keys: RedisKeys) {
    this.#calls = calls;
    this.#client = client;
    this.#keys = keys;
  }

  async publish(nodeId: NodeId, frame: string): Promise<void> {
    await this.#calls.command('spublish', this.#keys.channel(nodeId), frame);
  }

  async listen(nodeId: NodeId, onFrame: (frame: string) => void): Promise<void> {
    await this.#subscription?.close();
    const subscription = new Subscription(this.#calls, this.#client, this.#keys.channel(nodeId), onFrame);
    this.#subscription = subscription;
    await subscription.open();
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }
}

/** Keeps a channel subscribed, on a connection of its own that is replaced whenever it fails, until closed. */
class Subscription {
  readonly #calls: RedisCalls;
  readonly #client: RedisClient;
  readonly #channel: string;
  readonly #onFrame: (frame: string) => void;
  readonly #closing = new AbortController();
  #connection: RedisConnection | undefined;
  #opening: Promise<void> | undefined;
  #asserting: NodeJS.Timeout | undefined;
  #retrying: NodeJS.Timeout | undefined;

  constructor(calls: RedisCalls, client: RedisClient, channel: string, onFrame: (frame: string) => void) {
    this.#calls = calls;
    this.#client = client;
    this.#channel = channel;
    this.#onFrame = onFrame;
  }

  /** Subscribes, or throws UnavailableError and is closed. */
  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#asserting = setInterval(() => void this.#assert(), ASSERT_MS).unref();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#asserting);
    clearTimeout(this.#retrying);
    await this.#opening?.catch(() => {});
    if (this.#connection) await closeOwnConnection(this.#connection);
  }

  #connect(): Promise<void> {
    this.#opening = this.#replace();
    return this.#opening;
  }

  async #replace(): Promise<void> {
    const { connection } = await openOwnConnection({
      client: this.#client,
      calls: this.#calls,
      name: 'tidemark-notify',
      signal: this.#closing.signal,
      first: (opened) => {
        opened.on('smessage', (_channel, frame) => this.#onFrame(String(frame)));
        // The slot of the channel has gone to another server.
        opened.on('moved', () => dropOwnConnection(opened));
        return opened.call('ssubscribe', this.#channel);
      },
      onEnd: () => this.#retry(0),
    });
    this.#connection = connection;
  }

  #retry(failures: number): void {
    this.#connection = undefined;
    if (this.#closing.signal.aborted) return;
    const delay = backoff(failures, { baseMs: 50, capMs: 1_000, random: Math.random });
    this.#retrying = setTimeout(() => this.#connect().catch(() => this.#retry(failures + 1)), delay);
  }

  async #assert(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    try {
      await this.#calls.deadlines.within(CALL_TIMEOUT_MS, 'listening', connection.call('ssubscribe', this.#channel));
    } catch {
      dropOwnConnection(connection);
    }
  }
}
