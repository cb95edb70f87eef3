import {
  type Clock,
  type Command,
  type CommandResult,
  commandKey,
  type NodeId,
  retryOf,
  TidemarkError,
  UnavailableError,
} from '@tidemark/core';
import type { CommandOffer } from '../deployment/command-offer.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { neededOfWorkers } from '../features/commands.ts';
import { partitionOf } from '../hash.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { Reply } from '../notify/node-frame.ts';
import type { ServerEventBus } from '../server-events.ts';
import { encodeEnvelope } from './envelope.ts';
import type { IngressStream } from './ingress-stream.ts';

/**
 * Stage   2 ingress
 * In      a command, parsed and authorised
 * Out     an entry in the stream of its partition; the reply of whichever process carried it out
 * Keeps   P2 resolves only with the writer's reply, P11 a full partition refuses, waiting calls are bounded in time, and a
 *         queue that takes too long is not made longer
 * Proved  test/ingress/submission.test.ts, test/e2e/*, test/fault/*
 *
 * A reply is for a command, whichever copy of it was carried out: a caller who tries again is answered by the copy that
 * still stood in the queue. And a partition whose replies take half the time that callers wait refuses new commands until
 * it has caught up. Without either, an overload would never end: receipts would come too late, and what was carried out
 * would be queued again for ever.
 */
export class Submission {
  readonly #ingress: IngressStream;
  readonly #clock: Clock;
  readonly #options: SubmissionOptions;
  /** In the order in which they give up. */
  readonly #waiting = new Set<WaitingCall>();
  readonly #byCall = new Map<string, readonly WaitingCall[]>();
  readonly #paces = new Map<number, Pace>();
  #sweeping: AbortController | undefined;
  #closed = false;

  constructor(ingress: IngressStream, clock: Clock, options: SubmissionOptions) {
    this.#ingress = ingress;
    this.#clock = clock;
    this.#options = options;
  }

  /** Resolves when the command is stored; rejects with a TidemarkError. */
  async submit(command: Command): Promise<CommandResult> {
    if (this.#closed) throw new TidemarkError('closing', 'this process is shutting down');
    const { nodeId, partitions, receiptTimeoutMs, deployment, offer, setBacks } = this.#options;
    const cause = this.#options.refusal();
    if (cause) throw new TidemarkError('unavailable', 'this process takes no part in the deployment', { cause });
    for (const name of neededOfWorkers(command)) offer.require(name);
    const partition = partitionOf(command.conversationId, partitions);
    const { lastWait } = this.#paceOf(partition);
    if (lastWait > receiptTimeoutMs / 2) {
      throw new TidemarkError('overloaded', `partition ${partition} takes ${Math.round(lastWait)} ms to answer`);
    }
    const call = callOf(command);
    const known = setBacks.count > 0 ? { setBacks: setBacks.count } : {};
    const body = encodeEnvelope({ of: deployment.stamp, command, replyTo: nodeId, call, ...known });
    this.#requireFit(body, command);
    const waiting = new WaitingCall(call, partition, this.#clock.monotonic());
    this.#expect(waiting);
    try {
      await this.#ingress.append(partition, body);
    } catch (error) {
      this.#forget(waiting);
      if (error instanceof TidemarkError && error.limit !== undefined) {
        this.#options.limitEvents.reached(error.limit, { partition });
      }
      if (error instanceof UnavailableError) {
        throw new TidemarkError('outcome_unknown', 'the queue cannot be reached', { cause: error });
      }
      throw error;
    }
    return waiting.reply;
  }

  /** Hands a reply to the calls that wait for it; late and repeated replies are dropped. */
  answer(reply: Reply): void {
    const now = this.#clock.monotonic();
    for (const waiting of this.#byCall.get(reply.call) ?? []) {
      this.#answered(waiting, now - waiting.since, 'error' in reply ? reply.error : undefined);
      if ('result' in reply) waiting.resolve(reply.result);
      else waiting.reject(reply.error);
    }
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Answers `outcome_unknown` to what still waits. */
  close(): void {
    this.refuse();
    for (const waiting of this.#waiting) {
      waiting.reject(new TidemarkError('outcome_unknown', 'this process is shutting down'));
      this.#forget(waiting);
    }
  }

  /** Refuses new commands while replies to earlier ones may still come. */
  refuse(): void {
    this.#closed = true;
  }

  /** Before it is queued: the queue counts bytes, and one command must not take a large part of them. */
  #requireFit(body: string, { actorId }: Command): void {
    const { commandBytes, limitEvents } = this.#options;
    const bytes = Buffer.byteLength(body);
    if (bytes <= commandBytes) return;
    limitEvents.reached('limits.commandBytes', { userId: actorId });
    throw new TidemarkError('invalid_input', `is ${bytes} bytes, at most ${commandBytes} (limits.commandBytes)`, {
      field: 'command',
      limit: 'limits.commandBytes',
    });
  }

  #paceOf(partition: number): Pace {
    return this.#paces.get(partition) ?? { calls: 0, lastWait: 0 };
  }

  #expect(waiting: WaitingCall): void {
    const { call, partition } = waiting;
    this.#waiting.add(waiting);
    this.#byCall.set(call, [...(this.#byCall.get(call) ?? []), waiting]);
    const { calls, lastWait } = this.#paceOf(partition);
    this.#paces.set(partition, { calls: calls + 1, lastWait });
    void this.#sweep();
  }

  #answered(waiting: WaitingCall, ms: number, error: TidemarkError | undefined): void {
    this.#forget(waiting, ms);
    const { partition } = waiting;
    this.#options.events.emit('answered', error ? { partition, ms, error } : { partition, ms });
  }

  /** @param waited ms until the call was answered or gave up; absent: it ended for another reason, which says nothing of the latency. */
  #forget(waiting: WaitingCall, waited?: number): void {
    const { call, partition } = waiting;
    if (!this.#waiting.delete(waiting)) return;
    const others = (this.#byCall.get(call) ?? []).filter((other) => other !== waiting);
    if (others.length > 0) this.#byCall.set(call, others);
    else this.#byCall.delete(call);
    const { calls, lastWait } = this.#paceOf(partition);
    // With no call waiting, discard the latency estimate.
    if (calls > 1) this.#paces.set(partition, { calls: calls - 1, lastWait: waited ?? lastWait });
    else this.#paces.delete(partition);
    if (this.#waiting.size > 0) return;
    // Without a reason, each abort would make an error with its stack.
    this.#sweeping?.abort('nobody waits');
    this.#sweeping = undefined;
  }

  /** One timer for all waiting calls, and none while there are none. */
  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    const { receiptTimeoutMs } = this.#options;
    const sweeping = new AbortController();
    this.#sweeping = sweeping;
    while (!sweeping.signal.aborted) {
      await this.#clock.sleep(Math.min(250, receiptTimeoutMs), sweeping.signal);
      const now = this.#clock.monotonic();
      for (const waiting of this.#waiting) {
        const waited = now - waiting.since;
        if (waited < receiptTimeoutMs) break;
        const error = new TidemarkError('outcome_unknown', `no receipt within ${receiptTimeoutMs} ms`);
        waiting.reject(error);
        this.#answered(waiting, waited, error);
      }
    }
  }
}

export interface SubmissionOptions {
  /** What its commands carry. */
  readonly deployment: Pick<Deployment, 'stamp'>;
  /** Which of them the workers know. */
  readonly offer: Pick<CommandOffer, 'require'>;
  /** How often the store was set back, which they carry, too; see `Envelope`. */
  readonly setBacks: { readonly count: number };
  /** Why none may be queued now. */
  readonly refusal: () => Error | undefined;
  readonly nodeId: NodeId;
  readonly partitions: number;
  readonly receiptTimeoutMs: number;
  readonly commandBytes: number;
  readonly limitEvents: LimitEvents;
  readonly events: ServerEventBus;
}

/**
 * Copies of one command share a call; two commands to which a caller gave one id don't, or one would be answered with what
 * became of the other. A group that is to be created has another id in each copy.
 */
function callOf(command: Command): string {
  const { type, conversationId } = command;
  const isNewGroup = type === 'conversation.create' && command.kind === 'group';
  return `${commandKey(command)} ${retryOf(command)} ${type}${isNewGroup ? '' : ` ${conversationId}`}`;
}

/** A caller that waits for the reply to its command. */
class WaitingCall {
  readonly call: string;
  readonly partition: number;
  /** Monotonic ms. */
  readonly since: number;
  readonly reply: Promise<CommandResult>;
  resolve!: (result: CommandResult) => void;
  reject!: (error: unknown) => void;

  constructor(call: string, partition: number, since: number) {
    this.call = call;
    this.partition = partition;
    this.since = since;
    this.reply = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Where it cannot be queued nobody awaits it.
    this.reply.catch(() => {});
  }
}

/** How long a partition takes to answer, by the calls of this process. */
interface Pace {
  /** Calls that wait now. */
  readonly calls: number;
  /** ms that the last call waited until it was answered or gave up. */
  readonly lastWait: number;
}
