import {
  type Clock,
  type Command,
  type CommandResult,
  type NodeId,
  TidemarkError,
  UnavailableError,
} from '@tidemark/core';
import type { Reply } from '../notify/node-frame.ts';
import { encodeEnvelope } from './envelope.ts';
import type { IngressStream } from './ingress-stream.ts';
import { partitionOf } from './partition.ts';

/**
 * Stage   2 ingress
 * In      a command, parsed and authorised
 * Out     an entry in the stream of its partition; the reply of whichever process carried it out
 * Keeps   P2 resolves only with the writer's reply, P11 a full partition refuses and waiting calls are bounded in time
 * Proved  test/e2e/*, test/fault/*
 */
export class Submission {
  readonly #ingress: IngressStream;
  readonly #clock: Clock;
  readonly #options: { nodeId: NodeId; partitions: number; receiptTimeout: number };
  readonly #waiting = new Map<string, Waiting>();
  readonly #prefix: string;
  #calls = 0;
  #sweeping: AbortController | undefined;
  #closed = false;

  constructor(
    ingress: IngressStream,
    clock: Clock,
    options: { nodeId: NodeId; partitions: number; receiptTimeout: number },
  ) {
    this.#ingress = ingress;
    this.#clock = clock;
    this.#options = options;
    this.#prefix = `${options.nodeId}.`;
  }

  /** Resolves when the command is stored; rejects with a TidemarkError. */
  async submit(command: Command): Promise<CommandResult> {
    if (this.#closed) throw new TidemarkError('closing', 'this process is shutting down');
    this.#calls += 1;
    const call = `${this.#prefix}${this.#calls.toString(36)}`;
    const reply = new Promise<CommandResult>((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject, deadline: this.#clock.monotonic() + this.#options.receiptTimeout });
    });
    // Marked as handled: the append below may fail first, and then nobody awaits it.
    reply.catch(() => {});
    void this.#sweep();
    const body = encodeEnvelope({ command, replyTo: this.#options.nodeId, call });
    try {
      await this.#ingress.append(partitionOf(command.conversationId, this.#options.partitions), body);
    } catch (error) {
      this.#forget(call);
      if (error instanceof UnavailableError) {
        throw new TidemarkError('outcome_unknown', 'the queue cannot be reached', { cause: error });
      }
      throw error;
    }
    return reply;
  }

  /** Hands a reply to the call that waits for it; late and repeated replies are dropped. */
  settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.call);
    if (!waiting) return;
    this.#forget(reply.call);
    if ('result' in reply) waiting.resolve(reply.result);
    else waiting.reject(reply.error);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Answers `outcome_unknown` to what still waits. */
  close(): void {
    this.refuse();
    for (const [call, waiting] of this.#waiting) {
      waiting.reject(new TidemarkError('outcome_unknown', 'this process is shutting down'));
      this.#forget(call);
    }
  }

  /** Refuses new commands while replies to earlier ones may still come. */
  refuse(): void {
    this.#closed = true;
  }

  #forget(call: string): void {
    this.#waiting.delete(call);
    if (this.#waiting.size === 0) {
      this.#sweeping?.abort();
      this.#sweeping = undefined;
    }
  }

  /** One timer for all waiting calls, and none while there are none. The map is in order of deadline. */
  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    const sweeping = new AbortController();
    this.#sweeping = sweeping;
    while (!sweeping.signal.aborted) {
      await this.#clock.sleep(Math.min(250, this.#options.receiptTimeout), sweeping.signal);
      const now = this.#clock.monotonic();
      for (const [call, { deadline, reject }] of this.#waiting) {
        if (deadline > now) break;
        reject(new TidemarkError('outcome_unknown', `no receipt within ${this.#options.receiptTimeout} ms`));
        this.#forget(call);
      }
    }
  }
}

interface Waiting {
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: TidemarkError) => void;
  readonly deadline: number;
}
