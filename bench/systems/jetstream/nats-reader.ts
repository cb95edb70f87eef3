const LINE_END = Buffer.from('\r\n');

/** What a NATS server sends, read from chunks that begin and end anywhere: https://docs.nats.io/reference/reference-protocols/nats-protocol */
export class NatsReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #on: {
    onPing(): void;
    onPong(): void;
    onMessage(subject: string, payload: string): void;
  };

  constructor(on: { onPing(): void; onPong(): void; onMessage(subject: string, payload: string): void }) {
    this.#on = on;
  }

  read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_END, at);
      if (end < 0) break;
      const [verb, ...words] = bytes.toString('latin1', at, end).split(' ');
      const start = end + LINE_END.length;
      if (verb !== 'MSG' && verb !== 'HMSG') {
        this.#control(verb ?? '', words);
        at = start;
        continue;
      }
      const size = Number(words.at(-1));
      if (bytes.length < start + size + LINE_END.length) break;
      // Before the payload stand headers, where there are any; what has them here is a status without a payload.
      const headers = verb === 'HMSG' ? Number(words.at(-2)) : 0;
      if (size > headers) this.#on.onMessage(words[0] ?? '', bytes.toString('utf8', start + headers, start + size));
      at = start + size + LINE_END.length;
    }
    this.#rest = bytes.subarray(at);
  }

  #control(verb: string, words: readonly string[]): void {
    if (verb === 'PING') this.#on.onPing();
    else if (verb === 'PONG') this.#on.onPong();
    else if (verb === '-ERR') throw new Error(`NATS: ${words.join(' ')}`);
  }
}
