/** Devices that send direct messages: as fast as receipts come, or at a rate whatever comes, and again what was refused. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, directConversationId, parseErrorText } from '@tidemark/core';
import { WebSocket } from 'ws';
import { answerCalls, programSettings } from '../frame/answer-calls.ts';
import { textOf } from '../systems/message.ts';
import { CONNECTION_LOST, type SenderSettings, type Sent } from './sender.ts';

const { url, senders, receivers, padding = 0 } = programSettings<SenderSettings>();
const TICK_MS = 5;
const filler = 'x'.repeat(padding);
/** Between two attempts of a message: what the client waits unless it is told otherwise. */
const WAIT = { baseMs: 300, capMs: 30_000, random: Math.random };

interface Message {
  readonly number: number;
  readonly sender: number;
  readonly receiver: number;
  attempt: number;
  /** By performance.now; of the attempt under way. */
  sentAt: number;
  readonly onReceipt: (() => void) | undefined;
}

interface Frame {
  readonly id: number;
  readonly error?: { readonly message: string };
}

const sockets: WebSocket[] = [];
const open = new Map<number, Message>();
let numbers = 0;
let acknowledged: number[] = [];
let delays: number[] = [];
let errors: Record<string, number> = {};

function answer(frame: Frame): void {
  const message = open.get(frame.id);
  if (!message) return;
  if (!frame.error) {
    open.delete(message.number);
    acknowledged.push(message.number);
    delays.push(performance.now() - message.sentAt);
    message.onReceipt?.();
    return;
  }
  const known = parseErrorText(frame.error.message);
  const name = known?.code ?? frame.error.message;
  errors[name] = (errors[name] ?? 0) + 1;
  if (known?.policy !== 'retry') {
    open.delete(message.number);
    message.onReceipt?.();
    return;
  }
  setTimeout(() => transmit(message), backoff(message.attempt++, WAIT));
}

function transmit(message: Message): void {
  const { number, sender, receiver } = message;
  message.sentAt = performance.now();
  const input = {
    conversationId: directConversationId(senders[sender] as string, receivers[receiver] as string),
    clientMessageId: String(number),
    type: 'text',
    content: { text: `${textOf(number)} @${performance.timeOrigin + message.sentAt} ${filler}` },
  };
  const socket = sockets[sender];
  // Otherwise it is sent when there is a socket again.
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ id: number, method: 'mutation', params: { path: 'chat.send', input } }));
}

function sendNext(onReceipt?: () => void): void {
  numbers += 1;
  const message: Message = { number: numbers, ...placeOf(numbers), attempt: 0, sentAt: 0, onReceipt };
  open.set(numbers, message);
  transmit(message);
}

/** What happened since the last time it was taken. */
function take(seconds: number, offered: number): Sent {
  const taken = { seconds, offered, acknowledged: acknowledged.length, delays: Float64Array.from(delays), errors };
  for (const number of acknowledged) history.push({ number, receiver: receivers[placeOf(number).receiver] as string });
  acknowledged = [];
  delays = [];
  errors = {};
  return taken;
}

/** Acknowledged messages, with who is to have them. */
const history: { readonly number: number; readonly receiver: string }[] = [];

/** Every sender goes through receivers of its own, so that there are as many conversations as receivers. */
function placeOf(number: number): { sender: number; receiver: number } {
  const sender = number % senders.length;
  return { sender, receiver: number % receivers.length };
}

/** A device whose connection ends opens another, and sends again what has no answer. */
async function connect(sender: number): Promise<void> {
  const socket = new WebSocket(`${url}?connectionParams=1`, { perMessageDeflate: false });
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (text === 'PING') socket.send('PONG');
    else if (text !== 'PONG') answer(JSON.parse(text) as Frame);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    errors[CONNECTION_LOST] = (errors[CONNECTION_LOST] ?? 0) + 1;
    setTimeout(() => void reconnect(sender), backoff(0, WAIT));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('close', reject);
  });
  socket.send(JSON.stringify({ method: 'connectionParams', data: { token: senders[sender] } }));
  sockets[sender] = socket;
}

async function reconnect(sender: number): Promise<void> {
  try {
    await connect(sender);
  } catch {
    // It has begun to wait for the next attempt.
    return;
  }
  for (const message of open.values()) if (message.sender === sender) transmit(message);
}

for (const sender of senders.keys()) await connect(sender);

answerCalls({
  /** `window` messages under way at any time. */
  flatOut: async ({ seconds, window }: { seconds: number; window: number }): Promise<Sent> => {
    take(0, 0);
    const first = numbers;
    const started = performance.now();
    const until = started + seconds * 1_000;
    const lane = async (): Promise<void> => {
      while (performance.now() < until) await new Promise<void>((resolve) => sendNext(resolve));
    };
    await Promise.all(Array.from({ length: window }, lane));
    return take((performance.now() - started) / 1_000, numbers - first);
  },
  /** `rate` messages a second, whether or not those before were acknowledged. */
  paced: async ({ seconds, rate }: { seconds: number; rate: number }): Promise<Sent> => {
    take(0, 0);
    const first = numbers;
    const started = performance.now();
    for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - started) {
      const due = Math.floor((elapsed * rate) / 1_000);
      while (numbers - first < due) sendNext();
      await sleep(TICK_MS);
    }
    return take((performance.now() - started) / 1_000, numbers - first);
  },
  /** Waits until everything is acknowledged, but no longer than so many seconds. */
  drain: async ({ seconds }: { seconds: number }): Promise<Sent & { unacknowledged: number }> => {
    const started = performance.now();
    while (open.size > 0 && performance.now() - started < seconds * 1_000) await sleep(20);
    return { ...take((performance.now() - started) / 1_000, 0), unacknowledged: open.size };
  },
  history: () => {
    take(0, 0);
    return history;
  },
});
