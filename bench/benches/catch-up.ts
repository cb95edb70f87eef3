import type { Bench, BenchContext } from '../frame/bench.ts';
import { type Program, startProgram } from '../frame/program.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { type BenchServices, startServices } from '../frame/services.ts';
import type { CaughtUp, Device } from '../load/caught-up.ts';
import { MissedInbox } from '../load/missed-inbox.ts';
import { openDeployment } from '../load/open-deployment.ts';
import { type MeasuredServer, startTidemark } from '../load/start-measured.ts';
import { jetstreamDriver } from '../systems/jetstream/driver.ts';
import { jetstream } from '../systems/jetstream/system.ts';
import { textOf } from '../systems/message.ts';

const MESSAGES = 10_000;
/** Messages published to the peer at a time. */
const WINDOW = 500;

export const catchUp: Bench = {
  name: 'catch-up',
  about: '10,000 missed messages from cursor to applied in a Node client, from hot and from cold store.',
  configs: ['redis-postgres', 'embedded'],

  async run(context) {
    const { config, quick, peers, log, note } = context;
    const repetitions = quick ? 5 : 9;
    const colds = quick ? 1 : 3;
    const measured = new Measurements();
    await using services = await startServices(config);
    let server: MeasuredServer = await startTidemark(services);
    await using _ = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    await using device = await startProgram(new URL('../load/catch-up-program.ts', import.meta.url));

    const inboxes: MissedInbox[] = [];
    {
      await using deployment = await openDeployment({ redis: services.redis?.url ?? null, store: services.store });
      for (let index = 0; index < 1 + repetitions + colds; index++) {
        const inbox = new MissedInbox(deployment.storage, `bob-${index}`);
        await inbox.begin();
        await device.call('tidemark', { url: server.url, user: inbox.user, count: 0 } satisfies Device);
        await inbox.add(MESSAGES);
        inboxes.push(inbox);
      }
    }
    log(`${inboxes.length} users have missed ${MESSAGES} messages each`);
    const catchUpOf = async (index: number): Promise<CaughtUp> => {
      const { user } = inboxes[index] as MissedInbox;
      const found = await device.call<CaughtUp>('tidemark', { url: server.url, user, count: MESSAGES });
      log(`${user}: ${Math.round(found.ms)} ms, lost ${found.lost}, duplicated ${found.duplicated}`);
      return found;
    };

    const first = await catchUpOf(0);
    measured.add(TIDEMARK, 'the first in fresh processes', 'ms', first.ms, first);
    await using peer = peers ? await startPeer(context, services, device, 1 + repetitions) : undefined;
    await peer?.catchUp(0);
    for (let index = 1; index <= repetitions; index++) {
      const ours = await catchUpOf(index);
      measured.add(TIDEMARK, 'from hot store', 'ms', ours.ms, ours);
      if (!peer) continue;
      const theirs = await peer.catchUp(index);
      log(`${jetstream.name}: ${Math.round(theirs.ms)} ms`);
      measured.add(jetstream.name, 'from hot store', 'ms', theirs.ms, theirs);
      measured.add(TIDEMARK, `time from hot store over that of ${jetstream.name}`, '×', ours.ms / theirs.ms);
    }
    for (let index = 1 + repetitions; index < inboxes.length; index++) {
      await server[Symbol.asyncDispose]();
      await services.postgres?.restart();
      server = await startTidemark(services);
      const found = await catchUpOf(index);
      measured.add(TIDEMARK, 'from cold store', 'ms', found.ms, found);
    }
    note('From opening the client, connection and all, until the last message is applied to a local store in memory.');
    note('Hot: written shortly before, client and server have caught up others before. In 20 conversations.');
    note('Cold: store and server were started anew; the pages of the system may still hold the files.');
    return measured.rows();
  },
};

interface Peer extends AsyncDisposable {
  /** Of one of its users, who have missed as much. */
  catchUp(index: number): Promise<CaughtUp>;
}

/** JetStream with what each of its users has missed; the device program is the same. */
async function startPeer(
  { note }: BenchContext,
  services: BenchServices,
  device: Program,
  users: number,
): Promise<Peer | undefined> {
  const missing = jetstream.missing(services);
  if (missing !== undefined) {
    note(`${jetstream.name} is not measured: ${missing}.`);
    return undefined;
  }
  const running = await jetstream.start(services);
  for (let index = 0; index < users; index++) await publish(running.url, `ben-${index}`);
  note(
    `${jetstream.name}: its official client, an ordered consumer that begins at the first message of the user's subject.`,
  );
  return {
    catchUp: (index) =>
      device.call('nats', { url: running.url, user: `ben-${index}`, count: MESSAGES } satisfies Device),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function publish(url: string, user: string): Promise<void> {
  const connection = await jetstreamDriver.connect(url, `publisher-of-${user}`, null);
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= MESSAGES) {
      const text = textOf(next++);
      await new Promise<void>((resolve, reject) => {
        connection.send(jetstreamDriver.direct('', user), text, (refusal) =>
          refusal === undefined ? resolve() : reject(new Error(refusal)),
        );
      });
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, lane));
  connection.close();
}
