import { connect } from 'node:net';

export interface RawAnswer {
  /** Undefined: the connection was closed without an answer. */
  readonly status: number | undefined;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * Writes these bytes to the server, whatever they are, and reads the head of its answer. `hangUp` leaves without waiting for
 * one.
 */
export function rawRequest(port: number, bytes: string | Buffer, { hangUp = false } = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const end = (): void => {
      socket.destroy();
      resolve(answerOf(text));
    };
    socket.on('connect', () => {
      socket.write(bytes, () => {
        if (hangUp) socket.resetAndDestroy();
      });
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) end();
    });
    socket.on('close', end);
    // Closed by the server while there was more to write; what it answered before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
      else end();
    });
  });
}

function answerOf(text: string): RawAnswer {
  const [first = '', ...lines] = (text.split('\r\n\r\n')[0] as string).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: status === undefined ? undefined : Number(status), headers: new Map(headers) };
}
