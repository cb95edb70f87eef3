import type { LaneFilter } from './lane.ts';
import { MessageReader, type WebSocketMessage } from './websocket-messages.ts';

/** Which of these befalls a message is drawn for each anew: shares of the messages, 0–1. */
export interface MessageFaults {
  duplicate: number;
  swap: number;
  replay: number;
}

/** How often something befell a message. */
export interface Disturbances {
  duplicated: number;
  swapped: number;
  replayed: number;
}

/**
 * Says what may be disturbed: messages with the same name may be repeated and change places with each other. `undefined`:
 * the message passes as it is, and in its place. Told of every text message, in order.
 */
export type Judge = (text: string) => string | undefined;

/** A message that waits for the next one to overtake it goes on by itself after so many ms. */
const OVERTAKEN_WITHIN_MS = 500;
/** A replay is of so many messages at most: of those that came last. */
const REPLAYED = 20;

/**
 * One direction of a WebSocket connection, message by message. Each message leaves in the frames it came in. Its HTTP head
 * passes first, without the offer of extensions: a repeated message of a compressed stream would not be the same message.
 */
export class MessageDisturber implements LaneFilter {
  readonly #pass: (bytes: Buffer) => void;
  readonly #faults: Readonly<MessageFaults>;
  readonly #counts: Disturbances;
  readonly #random: () => number;
  readonly #judge: Judge;
  readonly #reader = new MessageReader();
  /** Until the head of the upgrade is complete. */
  #head: Buffer | undefined = Buffer.alloc(0);
  /** Not a WebSocket after all: bytes pass as they are. */
  #plain = false;
  #held: { readonly name: string; readonly bytes: Buffer; readonly timer: NodeJS.Timeout } | undefined;
  #recent: { readonly name: string; readonly bytes: Buffer }[] = [];

  constructor(options: {
    pass: (bytes: Buffer) => void;
    faults: Readonly<MessageFaults>;
    counts: Disturbances;
    random: () => number;
    judge: Judge;
  }) {
    this.#pass = options.pass;
    this.#faults = options.faults;
    this.#counts = options.counts;
    this.#random = options.random;
    this.#judge = options.judge;
  }

  push(chunk: Buffer): void {
    if (this.#plain) this.#pass(chunk);
    else if (this.#head === undefined) this.#read(chunk);
    else this.#readHead(Buffer.concat([this.#head, chunk]));
  }

  #readHead(bytes: Buffer): void {
    this.#head = bytes;
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return;
    const head = bytes.subarray(0, end + HEAD_END.length);
    const rest = bytes.subarray(head.length);
    this.#head = undefined;
    this.#plain = !isUpgrade(head.toString('latin1'));
    this.#pass(this.#plain ? head : withoutExtensions(head));
    if (rest.length > 0) this.push(rest);
  }

  /** Lets go of a message that waits to be overtaken, and of anything incomplete. */
  flush(): void {
    this.#release();
    const rest = Buffer.concat([this.#head ?? Buffer.alloc(0), this.#reader.rest()]);
    if (rest.length > 0) this.#pass(rest);
  }

  #read(chunk: Buffer): void {
    for (const message of this.#reader.read(chunk)) this.#disturb(message);
  }

  #disturb({ bytes, text }: WebSocketMessage): void {
    const name = text === undefined ? undefined : this.#judge(text);
    if (name === undefined) {
      // What is not ours to disturb keeps its place behind all that came before it. Control frames too: after a close
      // frame nothing may follow.
      this.#release();
      this.#pass(bytes);
      return;
    }
    const { duplicate, swap, replay } = this.#faults;
    if (this.#held?.name === name) {
      this.#pass(bytes);
      this.#counts.swapped += 1;
      this.#release();
    } else {
      this.#release();
      if (this.#draw(swap)) {
        const timer = setTimeout(() => this.#release(), OVERTAKEN_WITHIN_MS);
        this.#held = { name, bytes, timer };
      } else this.#pass(bytes);
    }
    if (!this.#held && this.#draw(duplicate)) {
      this.#pass(bytes);
      this.#counts.duplicated += 1;
    }
    if (!this.#held && this.#draw(replay)) {
      const again = this.#recent.filter((earlier) => earlier.name === name);
      for (const earlier of again) this.#pass(earlier.bytes);
      this.#counts.replayed += again.length;
    }
    this.#recent.push({ name, bytes });
    if (this.#recent.length > REPLAYED) this.#recent.shift();
  }

  #draw(share: number): boolean {
    return share > 0 && this.#random() < share;
  }

  #release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    clearTimeout(held.timer);
    this.#pass(held.bytes);
  }
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** Of a request that asks for the upgrade, or of the answer that grants it. */
function isUpgrade(head: string): boolean {
  return /^upgrade: *websocket/im.test(head) && !/^HTTP\/1\.1 (?!101)/.test(head);
}

function withoutExtensions(head: Buffer): Buffer {
  return Buffer.from(head.toString('latin1').replace(/^sec-websocket-extensions:[^\r]*\r\n/gim, ''), 'latin1');
}
