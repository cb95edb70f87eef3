import { randomBytes } from 'node:crypto';
import type { Connection, Driver } from '../driver.ts';
import { entryOf } from '../message.ts';
import { closeSocket, openBinarySocket } from '../raw-socket.ts';
import { textIn } from '../trpc-driver.ts';
import { NatsReader } from './nats-reader.ts';
import { STREAM } from './subjects.ts';

/** Requests of a connection, by which its owner asks for consumers. */
const requests = new WeakMap<Connection, (subject: string, body: object) => Promise<void>>();
/** Users who follow something: who is away has no ordered consumer either, and reads the stream on return. */
const followers = new Set<string>();

/**
 * The protocol of NATS, written and parsed by hand. A receiver has an ordered consumer, as the official client makes it:
 * pushed, in memory, without acknowledgements, gaps to be seen by the numbers of the stream.
 */
export const jetstreamDriver: Driver = {
  direct: (_, to) => `user.${to}`,
  group: async (connection, name, members) => {
    const request = requests.get(connection);
    const online = members.filter((member) => followers.has(member));
    if (online.length === 0) return `away.${name}`;
    for (const member of online) await request?.(...consumer(member, `group.${name}`));
    return `group.${name}`;
  },
  connect: async (url, user, onText) => {
    const inbox = `_INBOX.${user}-${randomBytes(4).toString('hex')}`;
    const waiting = new Map<number, (answer: string) => void>();
    let calls = 0;
    let sent = 0;
    let pong = (): void => {};
    const reader = new NatsReader({
      onPing: () => socket.send('PONG\r\n'),
      onPong: () => pong(),
      onMessage: (subject, payload) => {
        if (subject.startsWith(inbox)) {
          const id = Number(subject.slice(inbox.length + 1));
          const onAnswer = waiting.get(id);
          waiting.delete(id);
          onAnswer?.(payload);
          return;
        }
        const text = textIn(JSON.parse(payload));
        if (text !== undefined) onText?.(text);
      },
    });
    const socket = await openBinarySocket(url, (chunk) => reader.read(chunk));
    const call = (subject: string, body: string, onAnswer: (answer: string) => void): void => {
      calls += 1;
      waiting.set(calls, onAnswer);
      socket.send(`PUB ${subject} ${inbox}.${calls} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
    };
    const options = { verbose: false, pedantic: false, lang: 'bench', version: '1', protocol: 1 };
    socket.send(`CONNECT ${JSON.stringify(options)}\r\nSUB ${inbox}.* 1\r\n`);
    if (onText) socket.send(`SUB ${deliveryTo(user)} 2\r\n`);
    await new Promise<void>((resolve) => {
      pong = resolve;
      socket.send('PING\r\n');
    });
    const request = (subject: string, body: object): Promise<void> =>
      new Promise((resolve, reject) =>
        call(subject, JSON.stringify(body), (answer) => {
          const { error } = JSON.parse(answer) as { error?: { description: string } };
          if (error) reject(new Error(`${subject}: ${error.description}`));
          else resolve();
        }),
      );
    if (onText) {
      await request(...consumer(user, `user.${user}`));
      followers.add(user);
    }
    const connection: Connection = {
      send: (to, text, onReceipt) => {
        sent += 1;
        // The stream numbers and dates what it is given; the sender makes what the receiver reads.
        const body = JSON.stringify(entryOf(sent, user, to, `${user}-0a1b2c3d-${sent}`, text));
        call(to, body, (answer) => {
          const { error } = JSON.parse(answer) as { error?: { description: string } };
          onReceipt(error?.description);
        });
      },
      close: () => closeSocket(socket),
    };
    requests.set(connection, request);
    return connection;
  },
};

function deliveryTo(user: string): string {
  return `deliver.${user}`;
}

/** The request for a consumer that pushes what comes in on a subject, from now on, to the user's connection. */
function consumer(user: string, subject: string): [api: string, body: object] {
  const config = {
    deliver_subject: deliveryTo(user),
    filter_subject: subject,
    deliver_policy: 'new',
    ack_policy: 'none',
    replay_policy: 'instant',
    max_deliver: 1,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: 600_000_000_000,
  };
  return [`$JS.API.CONSUMER.CREATE.${STREAM}`, { stream_name: STREAM, config }];
}
