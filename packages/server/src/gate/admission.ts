import { isIP } from 'node:net';
import type { Limits } from '@tidemark/core';
import type { LimitEvents } from '../limit-events.ts';

/** Sockets of one public address, unless `limits.socketsPerAddress` says otherwise. */
const PER_PUBLIC_ADDRESS = 1_000;

/** The status line of a refused upgrade. */
export type Refusal = '429 Too Many Requests' | '503 Service Unavailable';

/**
 * Counts the sockets of this process, of each address, and of those whose context is not known yet, and refuses upgrades
 * beyond the limits. Stage 1.
 *
 * Keeps   P11
 * Proved  test/e2e/gate.test.ts
 */
export class Admission {
  readonly #limits: Limits;
  readonly #events: LimitEvents;
  readonly #byAddress = new Map<string, number>();
  #sockets = 0;
  #unidentified = 0;

  constructor(limits: Limits, events: LimitEvents) {
    this.#limits = limits;
    this.#events = events;
  }

  /** Whether another socket may be opened; call `enter` in the same tick. */
  refusal(address: string | undefined): Refusal | undefined {
    const { sockets, unidentifiedSockets } = this.#limits;
    if (this.#sockets >= sockets) return this.#refuse('sockets', address);
    if (this.#unidentified >= unidentifiedSockets) return this.#refuse('unidentifiedSockets', address);
    const key = this.#key(address);
    const ofAddress = key === undefined ? 0 : (this.#byAddress.get(key) ?? 0);
    if (ofAddress >= (this.#limits.socketsPerAddress ?? PER_PUBLIC_ADDRESS)) {
      return this.#refuse('socketsPerAddress', address);
    }
    return undefined;
  }

  /** Counts a socket. `identified` when its context is known; `leave` when it has closed, once. */
  enter(address: string | undefined): Slot {
    const key = this.#key(address);
    this.#sockets += 1;
    this.#unidentified += 1;
    if (key !== undefined) this.#byAddress.set(key, (this.#byAddress.get(key) ?? 0) + 1);
    let isUnidentified = true;
    const identified = () => {
      if (isUnidentified) this.#unidentified -= 1;
      isUnidentified = false;
    };
    const leave = () => {
      identified();
      this.#sockets -= 1;
      if (key === undefined) return;
      const others = (this.#byAddress.get(key) as number) - 1;
      if (others > 0) this.#byAddress.set(key, others);
      else this.#byAddress.delete(key);
    };
    return { identified, leave };
  }

  /**
   * Loopback and private addresses are those of proxies, and not counted unless the application set a limit. An IPv6
   * client has a network of 64 bits to itself, and is counted by it.
   */
  #key(address: string | undefined): string | undefined {
    if (address === undefined) return undefined;
    const plain = address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
    if (this.#limits.socketsPerAddress === undefined && PRIVATE.test(plain)) return undefined;
    return isIP(plain) === 6 ? networkOf(plain) : plain;
  }

  #refuse(limit: keyof Limits, address: string | undefined): Refusal {
    this.#events.reached(`limits.${limit}`, { address });
    return limit === 'socketsPerAddress' ? '429 Too Many Requests' : '503 Service Unavailable';
  }
}

export interface Slot {
  identified(): void;
  leave(): void;
}

const PRIVATE = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|::1$|f[cd]|fe80:)/i;

/** The first 64 bits of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    while (groups.length + last.length < 8) groups.push('0');
    groups.push(...last);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
