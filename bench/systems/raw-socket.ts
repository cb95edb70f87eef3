import { WebSocket } from 'ws';

/** An open socket whose frames go to `onFrame` as text. A socket that ends while it is in use ends the generator. */
export function openSocket(url: string, onFrame: (frame: string, socket: WebSocket) => void): Promise<WebSocket> {
  return openBinarySocket(url, (frame, socket) => onFrame(frame.toString(), socket));
}

/** The same, with frames as they are. */
export async function openBinarySocket(
  url: string,
  onFrame: (frame: Buffer, socket: WebSocket) => void,
  protocol?: string,
): Promise<WebSocket> {
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], { perMessageDeflate: false });
  socket.on('message', (frame: Buffer) => onFrame(frame, socket));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', fail);
  socket.on('close', (code, reason) => fail(new Error(`${url} closed a socket: ${code} ${reason}`)));
  return socket;
}

/** Closes without its being taken for a failure. */
export function closeSocket(socket: WebSocket): void {
  socket.removeAllListeners('close');
  socket.terminate();
}

function fail(error: Error): void {
  process.nextTick(() => {
    throw error;
  });
}
