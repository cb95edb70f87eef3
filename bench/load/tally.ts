import { percentile } from '../frame/percentiles.ts';

/** What became of the messages of one run, as the load generator saw it. Times are in ms. */
export interface RunResult {
  /** From the first send to the last delivery or receipt. */
  readonly seconds: number;
  readonly acknowledged: number;
  /** First deliveries. */
  readonly deliveries: number;
  readonly refused: number;
  /** Sent, and neither acknowledged nor refused in the time a run waits. */
  readonly unanswered: number;
  /** Deliveries of acknowledged messages that never came. */
  readonly lost: number;
  /** Deliveries of what that receiver had already. */
  readonly duplicated: number;
  /** From send to receipt. */
  readonly receipt: Latency;
  /** From send to the last of its receivers. */
  readonly delivered: Latency;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

interface Message {
  readonly sentAt: number;
  /** The one who receives it, or every receiver. */
  readonly receiver: number | undefined;
  receiptAt: number;
  deliveredAt: number;
  /** Receivers who have it still to get. */
  missing: number;
  acknowledged: boolean;
  refused: boolean;
}

/** Counts sends, receipts and deliveries of one run, by number of message and of receiver. Numbers begin at `first`. */
export class Tally {
  readonly #first: number;
  readonly #receivers: number;
  readonly #messages: Message[] = [];
  /** Times that a receiver got a message: `message × receivers + receiver`. */
  #counts = new Uint8Array(1 << 16);
  #open = 0;
  #duplicated = 0;
  #deliveries = 0;
  #startedAt = 0;
  #lastAt = 0;
  /** Runs whenever nothing is under way any more. */
  onSettled: () => void = () => {};

  constructor(first: number, receivers: number) {
    this.#first = first;
    this.#receivers = receivers;
  }

  /** Number of the message that is sent now, to that receiver, or to all of them. */
  send(receiver?: number): number {
    const sentAt = performance.now();
    if (this.#messages.length === 0) this.#startedAt = sentAt;
    const missing = receiver === undefined ? this.#receivers : 1;
    this.#messages.push({
      sentAt,
      receiver,
      receiptAt: 0,
      deliveredAt: 0,
      missing,
      acknowledged: false,
      refused: false,
    });
    this.#open += 1;
    const needed = this.#messages.length * this.#receivers;
    if (needed > this.#counts.length) {
      const larger = new Uint8Array(Math.max(needed, this.#counts.length * 2));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    return this.#first + this.#messages.length - 1;
  }

  /** Returns whether the message is through with it: answered, and delivered to all. */
  answer(number: number, refusal: string | undefined): boolean {
    const message = this.#message(number);
    if (message.acknowledged || message.refused) throw new Error(`message ${number} was answered twice`);
    this.#lastAt = message.receiptAt = performance.now();
    if (refusal === undefined) message.acknowledged = true;
    else message.refused = true;
    return this.#closeIfThrough(message);
  }

  /** Returns the same. */
  deliver(number: number, receiver: number): boolean {
    const index = number - this.#first;
    if (index < 0) {
      // Of a run before this one, which had waited for all of its own.
      this.#duplicated += 1;
      return false;
    }
    const message = this.#message(number);
    if (message.receiver !== undefined && message.receiver !== receiver) {
      throw new Error(`message ${number} came to receiver ${receiver} and was for ${message.receiver}`);
    }
    const at = index * this.#receivers + receiver;
    if (this.#counts[at] !== 0) {
      this.#duplicated += 1;
      return false;
    }
    this.#counts[at] = 1;
    this.#deliveries += 1;
    this.#lastAt = message.deliveredAt = performance.now();
    message.missing -= 1;
    return this.#closeIfThrough(message);
  }

  get isSettled(): boolean {
    return this.#open === 0;
  }

  result(): RunResult {
    const acknowledged = this.#messages.filter((message) => message.acknowledged);
    const complete = acknowledged.filter(({ missing }) => missing === 0);
    const refused = this.#messages.filter((message) => message.refused).length;
    return {
      seconds: (this.#lastAt - this.#startedAt) / 1000,
      acknowledged: acknowledged.length,
      deliveries: this.#deliveries,
      refused,
      unanswered: this.#messages.length - acknowledged.length - refused,
      lost: acknowledged.reduce((sum, { missing }) => sum + missing, 0),
      duplicated: this.#duplicated,
      receipt: latency(acknowledged.map(({ sentAt, receiptAt }) => receiptAt - sentAt)),
      delivered: latency(complete.map(({ sentAt, deliveredAt }) => deliveredAt - sentAt)),
    };
  }

  #message(number: number): Message {
    const message = this.#messages[number - this.#first];
    if (!message) throw new Error(`message ${number} was never sent`);
    return message;
  }

  #closeIfThrough(message: Message): boolean {
    if (!message.refused && (!message.acknowledged || message.missing > 0)) return false;
    this.#open -= 1;
    if (this.#open === 0) this.onSettled();
    return true;
  }
}

function latency(samples: readonly number[]): Latency {
  return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
}
