import { WebSocket } from 'ws';

/** An open socket whose frames go to `onFrame` as text. A socket that ends while it is in use ends the generator. */
export async function openSocket(
  url: string,
  onFrame: (frame: string) => void,
  options: { readonly localAddress?: string } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  socket.on('message', (data: Buffer) => onFrame(data.toString()));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', fail);
  socket.on('close', (code, reason) => fail(new Error(`${url} closed a socket: ${code} ${reason}`)));
  return socket;
}

/** Closes without `openSocket` taking it for a failure. */
export function closeSocket(socket: WebSocket): void {
  socket.removeAllListeners('close');
  socket.terminate();
}

function fail(error: Error): void {
  process.nextTick(() => {
    throw error;
  });
}
