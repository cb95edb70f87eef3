/** What the stock SSE link calls of an EventSource. */
export interface EventSourceLike {
  readonly readyState: number;
  readonly CLOSED: number;
  addEventListener(type: string, listener: (event: EventSourceMessage) => void): void;
  close(): void;
}

/** `CLOSED` with an `error`: it will not try again. */
export interface EventSourceMessage {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

export interface EventSourcePorts {
  /** Asks for the stream, with the identity of the moment; may wait for a network. */
  request(url: string, init: { headers: Record<string, string>; signal: AbortSignal }): Promise<Response>;
  /** Before the next attempt, after so many failures in a row. */
  wait(failures: number, signal: AbortSignal): Promise<void>;
  /** Every source is in it from its beginning until it is closed. */
  readonly sources: Set<RestartableSource>;
  /** A stream opened or ended. */
  changed(): void;
}

/** A stream that can be asked for anew, from where it is. */
export interface RestartableSource {
  readonly isOpen: boolean;
  /** At once: what is open is dropped, and a wait ends. */
  restart(): void;
}

const [CONNECTING, OPEN, CLOSED] = [0, 1, 2];

/**
 * EventSource over fetch. The platform's own can neither send a header, so that the token would stand in the URL and in
 * every log, nor tell a refused identity from a dead network; and Node before 24 has none.
 *
 * Reconnects by itself with `Last-Event-ID` after a network failure, a 5xx, an answer that isn't of ours (a network's own sign-in
 * page) or the end of the stream, waiting longer each time until an event came. Any other answer of the server's is final, and what
 * it says is passed on as a tRPC error.
 */
export function fetchEventSource(ports: EventSourcePorts): new (url: string) => EventSourceLike {
  return class FetchEventSource implements EventSourceLike, RestartableSource {
    readonly CLOSED = CLOSED;
    readyState = CONNECTING;
    readonly #url: string;
    readonly #ended = new AbortController();
    readonly #listeners = new Map<string, ((event: EventSourceMessage) => void)[]>();
    #current = new AbortController();
    #lastEventId = '';
    /** Attempts in a row that brought no event. */
    #failures = 0;

    constructor(url: string) {
      this.#url = url;
      ports.sources.add(this);
      void this.#run();
    }

    addEventListener(type: string, listener: (event: EventSourceMessage) => void): void {
      this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    }

    get isOpen(): boolean {
      return this.readyState === OPEN;
    }

    close(): void {
      this.readyState = CLOSED;
      ports.sources.delete(this);
      this.#ended.abort();
      this.#current.abort();
      ports.changed();
    }

    restart(): void {
      this.#current.abort();
    }

    /** A method, since it changes while others are awaited. */
    #isClosed(): boolean {
      return this.#ended.signal.aborted;
    }

    async #run(): Promise<void> {
      while (!this.#isClosed()) {
        const current = new AbortController();
        this.#current = current;
        try {
          const response = await ports.request(this.#url, {
            headers: {
              accept: 'text/event-stream',
              ...(this.#lastEventId !== '' && { 'last-event-id': this.#lastEventId }),
            },
            signal: current.signal,
          });
          const type = response.headers.get('content-type') ?? '';
          if (response.status === 200 && response.body && type.includes('event-stream')) {
            this.readyState = OPEN;
            ports.changed();
            await this.#read(response.body);
          } else if (response.status < 500 && type.includes('json')) {
            await this.#refused(response);
            return;
          } else await response.body?.cancel();
        } catch {
          // The network, or a restart: both are answered below.
        } finally {
          if (this.readyState === OPEN) {
            this.readyState = CONNECTING;
            ports.changed();
          }
        }
        if (this.#isClosed()) return;
        this.#emit({ type: 'error', data: '', lastEventId: '' });
        await ports.wait(this.#failures, current.signal);
        this.#failures += 1;
      }
    }

    async #refused(response: Response): Promise<void> {
      const body = (await response.json().catch(() => null)) as { error?: unknown } | null;
      if (this.#isClosed()) return;
      this.close();
      if (body?.error) this.#emit({ type: 'serialized-error', data: JSON.stringify(body.error), lastEventId: '' });
      this.#emit({ type: 'error', data: '', lastEventId: '' });
    }

    async #read(body: ReadableStream<Uint8Array>): Promise<void> {
      const reader = body.getReader();
      const decoder = new TextDecoder();
      let rest = '';
      let event = { type: '', data: [] as string[] };
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
        rest = lines.pop() as string;
        for (const each of lines) {
          const line = each.endsWith('\r') ? each.slice(0, -1) : each;
          if (line !== '') {
            const [field = '', ...value] = line.split(':');
            const text = value.join(':').replace(/^ /, '');
            if (field === 'event') event.type = text;
            else if (field === 'data') event.data.push(text);
            else if (field === 'id') this.#lastEventId = text;
          } else {
            const { type, data } = event;
            event = { type: '', data: [] };
            if (type === '' && data.length === 0) continue;
            if (type === '') this.#failures = 0;
            this.#emit({ type: type || 'message', data: data.join('\n'), lastEventId: this.#lastEventId });
          }
        }
      }
    }

    #emit(event: EventSourceMessage): void {
      for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
    }
  };
}
