/**
 * The main job, from end to end: a backend and two typed clients; text and a custom content kind; a device that was away; catch-up by seq.
 * `npm run quickstart`, or `npm run quickstart -- --redis redis://… --history postgres://… --inbox mongodb://…`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { memoryLocalStore } from '@tidemark/client';
import { startBackend } from './backend.ts';
import { signIn } from './front-end.ts';

const USAGE = `usage: npm run quickstart -- [--redis redis://…] [--history postgres://…|mysql://…] [--inbox mongodb://…]
                    [--missed 20]   messages sent while bob is away
                    [--file chat.db] SQLite file to keep (default: a temporary one)`;

const { values } = parseArgs({
  options: {
    redis: { type: 'string' },
    history: { type: 'string' },
    inbox: { type: 'string' },
    missed: { type: 'string', default: '20' },
    file: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const missed = Number(values.missed);
if (values.help || !Number.isInteger(missed) || missed < 1 || missed > 10_000) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const say = (who: string, what: string) => console.log(`${who.padEnd(8)}${what}`);
const ms = (since: number) => `${(performance.now() - since).toFixed(1)} ms`;

const folder = await mkdtemp(join(tmpdir(), 'tidemark-'));
const backend = await startBackend({ ...values, file: values.file ?? join(folder, 'chat.db') });
say('server', `${backend.url} on ${backend.name}`);

// Fresh names, so that a run on services that keep data starts with empty inboxes.
const run = Date.now().toString(36);
const alice = signIn(backend.url, `alice-${run}`, memoryLocalStore());
const toBob = alice.direct(`bob-${run}`);
/** What bob's device keeps while he is away. */
const bobsStore = memoryLocalStore();

/** When each message was sent, by clientMessageId. */
const sentAt = new Map<string, number>();
const received: { seq: number; conversationSeq: number; text: string }[] = [];
let lastSeq = 0;
let gaps = 0;
function signInBob() {
  const bob = signIn(backend.url, `bob-${run}`, bobsStore);
  bob.on('entry', ({ seq, event }) => {
    if (seq !== lastSeq + 1) gaps += 1;
    lastSeq = seq;
    if (event?.type !== 'message.sent') return;
    const { message, conversationSeq, commandId } = event;
    const text =
      message.type === 'text'
        ? `"${message.content.text}"`
        : message.type === 'order'
          ? `order ${message.content.orderId} of ${message.content.total.toFixed(2)}`
          : `a ${message.content.type} this client does not know`;
    received.push({ seq, conversationSeq, text });
    say(
      'bob',
      `seq ${seq}  conversationSeq ${conversationSeq}  ${text}  ${ms(sentAt.get(commandId ?? '') ?? 0)} after send`,
    );
  });
  bob.on('reset', ({ reason }) => say('bob', `snapshot (${reason})`));
  bob.on('live', ({ cursor }) => say('bob', `live, cursor ${cursor}`));
  return bob;
}

async function send(message: Parameters<typeof toBob.send>[0]): Promise<void> {
  const start = performance.now();
  const { clientMessageId, receipt } = toBob.send(message);
  sentAt.set(clientMessageId, start);
  const { conversationSeq } = await receipt;
  say('alice', `conversationSeq ${conversationSeq}  receipt after ${ms(start)}`);
}

async function arrived(count: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (received.length < count) {
    if (performance.now() > deadline) throw new Error(`bob waited in vain for ${count} messages`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const started = performance.now();
const before = signInBob();
await Promise.all([alice.live(), before.live()]);
await send({ type: 'text', content: { text: 'hello bob' } });
await send({ type: 'order', content: { orderId: 'A-17', total: 42 } });
await arrived(2);

await before.close();
say('bob', `away from seq ${lastSeq}`);
for (let n = 1; n <= missed; n++)
  await send({ type: 'text', content: { text: `while you were away, ${n} of ${missed}` } });

const back = performance.now();
const after = signInBob();
await arrived(missed + 2);
const caughtUp = ms(back);

const dense = received.every((entry, index) => entry.conversationSeq === index + 2);
const ok = dense && gaps === 0;
await Promise.all([alice.close(), after.close()]);
await backend.close();
await rm(folder, { recursive: true, force: true });
say(
  ok ? 'ok' : 'FAILED',
  `${backend.name}: ${received.length} of ${missed + 2} messages reached bob in order, ${missed} of them by catch-up in ${caughtUp}; ` +
    `inbox 1–${lastSeq} without a gap: ${gaps === 0}; ${ms(started)} in all`,
);
process.exitCode = ok ? 0 : 1;
