import type { HistoryStore, InboxStore } from '@tidemark/core';

/**
 * System: what a run tests and its faults act upon: processes, the network between them, and what services can suffer. A
 * {@link Configuration} starts a {@link Deployment}; the run adds the devices and the paths from them to the servers, and
 * hands the whole to the faults.
 *
 *  - Everything is named, the same in every run of a configuration, so that a plan made from a seed can be carried out
 *    again: `server 0`, `redis`, `postgres`, `device alice/1`; `devices to server 0`, `server 0 to redis`.
 *  - What a configuration cannot do is absent (`undefined`, an empty list), never a method that throws: a fault without a
 *    target is listed as not applicable.
 *  - Every method settles within about 30 s, and may be called in any state: killing what is dead and resuming what runs
 *    do nothing.
 */
export interface System {
  readonly servers: readonly ServerProcess[];
  /** Redis, Postgres …: every process beside ours that the deployment consists of. */
  readonly services: readonly SystemProcess[];
  readonly devices: readonly DeviceProcess[];
  readonly paths: readonly NetworkPath[];
  readonly specials: Specials;
}

/** A process that can be killed, stopped and started. */
export interface SystemProcess {
  readonly name: string;
  /** `undefined` while it does not run. */
  readonly pid: number | undefined;
  /** SIGKILL, to it and all that it forked. Resolves when it is gone. */
  kill9(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
  /**
   * Starts it again in the same place and on the same data, and resolves when it serves. One that runs is closed first, as
   * a deployment closes it (a device: SIGTERM; a paused one is resumed for it).
   */
  restart(): Promise<void>;
  /** Starts it when it does not run. */
  ensureRunning(): Promise<void>;
  /** Resolves with true when it ends, whoever ended it; with false when it still runs after `ms`. */
  endsWithin(ms: number): Promise<boolean>;
}

/** A process with points in its work at which it can be told to die, or to stand still. */
export interface FailingProcess extends SystemProcess {
  /** Names of its failpoints, e.g. `after-history-commit`; empty when it has none. */
  readonly failpoints: readonly string[];
  /**
   * When it next comes to that point it kills itself with SIGKILL, or pauses itself with SIGSTOP, once, until it is resumed.
   * One is armed at a time; `null` disarms.
   */
  armFailpoint(name: string | null, how?: 'kill' | 'pause'): Promise<void>;
}

export interface ServerProcess extends FailingProcess {
  /** Where devices connect, past any proxy. Stays the same through restarts. */
  readonly url: string;
  /** Moves its wall clock by so much from the true one; 0 is the true one. Absent: its clock cannot be moved. */
  readonly setClockOffset?: (ms: number) => Promise<void>;
}

export interface DeviceProcess extends FailingProcess {
  readonly userId: string;
  readonly deviceId: string;
}

/**
 * One stretch of the network: a proxy that the traffic passes. Undisturbed until told otherwise; several impairments may be
 * on at the same time.
 */
export interface NetworkPath {
  /** `devices to server 0`, `server 0 to redis`. */
  readonly name: string;
  /** `websocket`: messages can be told apart, and be duplicated, swapped and replayed. */
  readonly protocol: 'tcp' | 'websocket';
  /** Of the proxy, on 127.0.0.1. */
  readonly port: number;
  /** Connections that pass through now. */
  readonly connections: number;
  /** Resets every open connection, or one of them, on both sides. */
  cut(which?: 'all' | 'one'): void;
  /** Impairs what passes from now on, and returns what ends it. Bytes held back then pass in order. */
  impair(impairment: Impairment): () => void;
}

/** What happens to traffic. `share` is that of WebSocket messages which it befalls, 0–1. */
export type Impairment =
  /** New connections are reset at once; open ones stay. */
  | { readonly kind: 'refuse' }
  /** Nothing passes for a while, in one direction or both, and nobody is told. */
  | { readonly kind: 'stall'; readonly direction: 'both' | 'up' | 'down' }
  /**
   * Connections that are open now are dead from here on, their ends too: each side has to find out by itself. New ones
   * work. Ending it revives none.
   */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'delay'; readonly ms: number; readonly jitterMs: number }
  /** A slow reader: so many bytes a second pass down, on one connection or all. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number; readonly which: 'all' | 'one' }
  /** WebSocket messages come twice, change places with the next one, or come again later. */
  | { readonly kind: 'duplicate' | 'swap' | 'replay'; readonly share: number; readonly direction: 'up' | 'down' };

/** Ends a fault. */
export type Heal = () => Promise<void>;

/** What the services of a deployment can suffer beyond death; each does it and returns what ends it. */
export interface Specials {
  /** Everything in Redis is gone at once. */
  readonly redisFlushAll?: () => Promise<Heal>;
  /** Redis is killed, loses the last `bytes` of its append-only file as with a loss of power, and starts again. */
  readonly redisCutAofTail?: (bytes: number) => Promise<Heal>;
  /** A share (0–1) of the users' counters is evicted. */
  readonly redisEvictCounters?: (share: number, random: () => number) => Promise<Heal>;
  /** The master dies, and a replica that lacks its last writes takes its place. */
  readonly redisFailoverToLaggingReplica?: () => Promise<Heal>;
  /** A node of the cluster dies; healing brings it back. */
  readonly redisLoseClusterNode?: (random: () => number) => Promise<Heal>;
  /**
   * The disk under the store is full until healed. What is down at this moment is waited for; it rejects when it was not full
   * by the time `over` aborts.
   */
  readonly storeDiskFull?: (over: AbortSignal) => Promise<Heal>;
  /** Redis has no memory left for what it does not have already, until healed. */
  readonly redisFull?: () => Promise<Heal>;
  /** Every call of the store fails with an error that no adapter knows, until healed. It rejects when no server heard of it. */
  readonly storeRefuses?: (over: AbortSignal) => Promise<Heal>;
  /** Copies the store. Healing restores the copy, so that everything stored since is lost. */
  readonly storeRestored?: (over: AbortSignal) => Promise<Heal>;
  /**
   * Another application, with a database of its own, starts on the same Redis under the same prefix, and sends in the name of the
   * same users. It must be refused; healing ends it.
   */
  readonly secondDeployment?: () => Promise<Heal>;
}

/** What a configuration starts. Disposing of it ends every process and removes its data. */
export interface Deployment extends AsyncDisposable {
  readonly servers: readonly ServerProcess[];
  readonly services: readonly SystemProcess[];
  /** Those between servers and services. The run itself puts one before each server. */
  readonly paths: readonly NetworkPath[];
  readonly specials: Specials;
  /** ms for which inboxes keep their entries. */
  readonly retentionMs: number;
  /** The stores past the servers, to be read at the end, when all is healed. Opened here, closed by the run. */
  openStores(): Promise<{ readonly history: HistoryStore; readonly inbox: InboxStore; close(): Promise<void> }>;
}
