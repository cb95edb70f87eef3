import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

const PING_EVERY = 25_000;

/** Pings every socket that it watches until that is closed, and drops a peer that has neither answered nor sent anything by the next time. */
export class Pings {
  readonly #peers = new Map<WebSocket, Peer>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      for (const [socket, peer] of this.#peers) ping(socket, peer);
    }, PING_EVERY);
    this.#timer.unref();
  }

  watch(socket: WebSocket, tcp: Duplex): void {
    const peer: Peer = { tcp, answered: true };
    this.#peers.set(socket, peer);
    socket.once('close', () => this.#peers.delete(socket));
    socket.on('pong', () => {
      peer.answered = true;
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function ping(socket: WebSocket, peer: Peer): void {
  const { bytesRead } = peer.tcp;
  // Whoever sends is there: its answer may stand behind what it sent before, and nothing may be read just now.
  if (!peer.answered && bytesRead === peer.bytesRead && !socket.isPaused) {
    socket.terminate();
    return;
  }
  peer.answered = false;
  peer.bytesRead = bytesRead;
  socket.ping();
}

/** The other end of a socket. */
interface Peer {
  readonly tcp: Duplex & { readonly bytesRead?: number };
  /** It has answered the last ping. */
  answered: boolean;
  /** When the last ping was sent. */
  bytesRead?: number | undefined;
}
