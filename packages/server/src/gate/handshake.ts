import type { IncomingMessage } from 'node:http';
import { parseErrorText } from '@tidemark/core';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { Slot } from './admission.ts';
import { CLOSE_CODES } from './close-codes.ts';
import { announcesParameters, type ConnectionParameters, parseParameters } from './connection-parameters.ts';
import type { FrameReader } from './frame-reader.ts';

/**
 * Learns who is at the other end of a socket: the parameters, if the client announces some, then the application's context.
 * Until then nothing else is read, and all of it together has `contextTimeoutMs`. tRPC's handler begins with the result.
 *
 * Keeps   P11, P12
 * Proved  test/e2e/handshake.test.ts
 */
export class Handshake {
  readonly #socket: AttachedSocket;
  readonly #reader: FrameReader;
  readonly #slot: Slot;
  readonly #rules: HandshakeRules;
  readonly #late: NodeJS.Timeout;
  /** Kilobytes of headers, which are not kept as long as the socket. */
  #request: IncomingMessage | undefined;
  #aborted: AbortController | undefined;

  constructor(link: OpenedSocket, request: IncomingMessage, rules: HandshakeRules) {
    const { attached, reader, slot } = link;
    this.#socket = attached;
    this.#reader = reader;
    this.#slot = slot;
    this.#request = request;
    this.#rules = rules;
    this.#late = setTimeout(() => this.#tooLate(), rules.contextTimeoutMs).unref();
    attached.once('close', this.#stop);
    if (announcesParameters(request)) {
      reader.readFirst(rules.parametersBytes, (frame) => void this.#identify(() => parseParameters(frame)));
    } else {
      void this.#identify(() => null);
    }
  }

  async #identify(parameters: () => ConnectionParameters): Promise<void> {
    this.#reader.hold('context');
    try {
      const context = await this.#rules.createContext(this.#contextOptions(parameters()));
      this.#stop();
      if (this.#socket.isEnded) return;
      this.#slot.identified();
      this.#rules.identified(this.#socket, context);
      this.#reader.release('context');
    } catch (error) {
      this.#rules.failed(error);
      const code = isUnauthenticated(error) ? CLOSE_CODES.unauthenticated : CLOSE_CODES.contextFailed;
      this.#socket.close(code, 'context refused');
    }
  }

  #contextOptions(connectionParams: ConnectionParameters): CreateWSSContextFnOptions {
    const signal = () => this.#signal();
    return {
      req: this.#request as IncomingMessage,
      res: this.#socket as unknown as CreateWSSContextFnOptions['res'],
      info: {
        connectionParams,
        calls: [],
        isBatchCall: false,
        accept: null,
        type: 'unknown',
        url: null,
        // Made when it is asked for: most applications don't, and an idle socket is to be small.
        get signal() {
          return signal();
        },
      },
    };
  }

  /** Aborts when the socket closes. */
  #signal(): AbortSignal {
    if (!this.#aborted) {
      const aborted = new AbortController();
      this.#aborted = aborted;
      if (this.#socket.isEnded) aborted.abort();
      else this.#socket.once('close', () => aborted.abort());
    }
    return this.#aborted.signal;
  }

  #tooLate(): void {
    const { contextTimeoutMs, reached } = this.#rules;
    reached('contextTimeoutMs', this.#socket);
    this.#socket.close(CLOSE_CODES.contextFailed, `no context within ${contextTimeoutMs} ms (contextTimeoutMs)`);
  }

  readonly #stop = (): void => {
    clearTimeout(this.#late);
    this.#socket.off('close', this.#stop);
    this.#request = undefined;
  };
}

/** A socket whose end is not known yet. */
export interface OpenedSocket {
  readonly attached: AttachedSocket;
  readonly reader: FrameReader;
  readonly slot: Slot;
}

export interface HandshakeRules {
  readonly createContext: (options: CreateWSSContextFnOptions) => unknown;
  readonly contextTimeoutMs: number;
  readonly parametersBytes: number;
  /** The context is known: calls may follow. */
  readonly identified: (socket: AttachedSocket, context: unknown) => void;
  /** There is none. */
  readonly failed: (error: unknown) => void;
  readonly reached: (limit: string, socket: AttachedSocket) => void;
}

function isUnauthenticated(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('code' in error && error.code === 'UNAUTHORIZED') return true;
  return error instanceof Error && parseErrorText(error.message)?.code === 'unauthenticated';
}
