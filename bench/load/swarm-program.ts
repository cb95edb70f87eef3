/** Many clients in one process: each a raw socket that follows its user's feed, and keeps little more than how far it is. */
import { WebSocket } from 'ws';
import { answerCalls, programSettings } from '../frame/answer-calls.ts';
import { numberIn } from '../systems/message.ts';
import { textIn } from '../systems/trpc-driver.ts';
import type { SwarmSettings } from './swarm.ts';

const { url, wire, users, address, keepsNumbers } = programSettings<SwarmSettings>();
/** Handshakes of this process under way at once. */
const AT_ONCE = 250;
/** A client that isn't live by then has failed. */
const PATIENCE_MS = 60_000;

interface Client {
  readonly user: string;
  socket: WebSocket | undefined;
  cursor: string | undefined;
  seq: number;
  gaps: number;
  repeats: number;
  /** Of messages, in the order of their arrival. */
  readonly numbers: number[];
  becameLive: () => void;
}

interface Frame {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly type: string; readonly data?: { readonly id: string; readonly data: Item } };
}

interface Item {
  readonly type: 'entries' | 'live' | 'reset';
  readonly entries?: readonly { readonly seq: number }[];
}

const clients: Client[] = users.map((user) => ({
  user,
  socket: undefined,
  cursor: undefined,
  seq: 0,
  gaps: 0,
  repeats: 0,
  numbers: [],
  becameLive: () => {},
}));
let delays: number[] = [];

function receive(client: Client, text: string): void {
  if (text === 'PING') {
    client.socket?.send('PONG');
    return;
  }
  if (wire === 'bare') {
    client.becameLive();
    return;
  }
  const frame = JSON.parse(text) as Frame;
  if (frame.error) throw new Error(`the feed of ${client.user} failed: ${frame.error.message}`);
  const tracked = frame.result?.type === 'data' ? frame.result.data : undefined;
  if (!tracked) return;
  const { type, entries = [] } = tracked.data;
  client.cursor = tracked.id;
  // A device that is new begins where the feed says.
  if (type === 'reset') client.seq = Number(tracked.id.split(':')[1]);
  for (const entry of entries) {
    if (entry.seq <= client.seq) client.repeats += 1;
    else {
      client.gaps += entry.seq - client.seq - 1;
      client.seq = entry.seq;
    }
    const said = textIn(entry);
    if (said === undefined) continue;
    const [, sentAt] = /@(\d+\.?\d*)/.exec(said) ?? [];
    if (sentAt !== undefined) delays.push(performance.timeOrigin + performance.now() - Number(sentAt));
    if (keepsNumbers) client.numbers.push(numberIn(said));
  }
  if (type === 'live') client.becameLive();
}

async function connect(client: Client): Promise<void> {
  const socket = new WebSocket(wire === 'bare' ? url : `${url}?connectionParams=1`, {
    perMessageDeflate: false,
    ...(address !== undefined && { localAddress: address }),
  });
  client.socket = socket;
  socket.on('message', (data: Buffer) => receive(client, data.toString()));
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${client.user} was not live in time`)), PATIENCE_MS);
    client.becameLive = () => {
      clearTimeout(late);
      resolve();
    };
    socket.once('error', reject);
    socket.once('close', (code) => reject(new Error(`${client.user} was closed with ${code}`)));
    socket.once('open', () => {
      if (wire === 'bare') return socket.send(JSON.stringify({ user: client.user }));
      const params = { path: 'chat.inbox.feed', input: { cursor: client.cursor } };
      socket.send(JSON.stringify({ method: 'connectionParams', data: { token: client.user } }));
      socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
    });
  });
}

answerCalls({
  /** Resolves with the ms until the last was live. */
  connect: async () => {
    const started = performance.now();
    const waiting = [...clients];
    const lane = async (): Promise<void> => {
      for (let client = waiting.pop(); client; client = waiting.pop()) await connect(client);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return performance.now() - started;
  },
  drop: () => {
    for (const { socket } of clients) {
      socket?.removeAllListeners('close');
      socket?.on('error', () => {});
      socket?.terminate();
    }
  },
  pause: () => {
    for (const { socket } of clients) socket?.pause();
  },
  /** A client that read nothing for so long that the server gave it up comes back, from its cursor. */
  resume: () => {
    for (const client of clients) {
      client.socket?.once('close', () => void connect(client));
      client.socket?.resume();
    }
  },
  /** How far each is, in the order of the users; and what all of them missed or met twice. */
  progress: () => ({
    seqs: clients.map(({ seq }) => seq),
    gaps: clients.reduce((sum, { gaps }) => sum + gaps, 0),
    repeats: clients.reduce((sum, { repeats }) => sum + repeats, 0),
  }),
  numbers: () => clients.map(({ user, numbers }) => ({ user, numbers: Float64Array.from(numbers) })),
  /** ms from send to delivered since the last call, of messages that say when they were sent. */
  delays: () => {
    const taken = Float64Array.from(delays);
    delays = [];
    return taken;
  },
});
