import {
  type HistoryRecord,
  type InvariantName,
  judge,
  nodeProcess,
  type ProcessObserver,
  type System,
  startFrameProxy,
  type Verdict,
} from '@tidemark/testkit/verify';
import { eventually } from '../../support/app.ts';
import { bundledProgram } from '../../support/bundled-program.ts';
import { freePort } from '../../support/services/free-port.ts';
import { startRedis } from '../../support/services/redis.ts';
import { redisSpecials } from '../redis-specials.ts';
import { serviceProcess } from '../service-process.ts';
import { CONTROL_SERVER, type Control, type ControlServerSettings } from './control.ts';
import { type ControlDevices, controlDevices, type Tell } from './control-devices.ts';
import type { Scenario, Scene } from './scenarios.ts';

/**
 * What a system without numbered inboxes, logs and cursors can be judged by. Order is that of each conversation's one
 * sender. Devices of the controls live on through all faults, so that nothing is asked of their memory.
 */
const APPLICABLE: readonly InvariantName[] = [
  'reach',
  'no-phantom',
  'visible-once',
  'one-order',
  'sender-order',
  'no-cross-talk',
];

const SERVERS = 2;
/** Acknowledged messages before the first fault: every device has then heard of all of its conversations. */
const WARM_UP = 60;
/** It is quiet when nothing has arrived for so long. Both systems deliver within milliseconds what they deliver at all. */
const QUIET_MS = 2_500;

/** Runs a control through a scenario: real server processes, a Redis of its own, devices that are never harmed. */
export async function runControl(control: Control, scenario: Scenario): Promise<Verdict> {
  const life: AsyncDisposable[] = [];
  try {
    return await runWithin(life, control, scenario);
  } finally {
    for (const each of life.reverse()) await each[Symbol.asyncDispose]();
  }
}

/** @param life what was started, to be ended in reverse */
async function runWithin(life: AsyncDisposable[], control: Control, scenario: Scenario): Promise<Verdict> {
  const use = <T extends AsyncDisposable>(started: T): T => {
    life.push(started);
    return started;
  };
  const records: HistoryRecord[] = [];
  const tell: Tell = (by, record) => {
    records.push({ at: performance.now(), by, ...record } as HistoryRecord);
  };
  const observer: ProcessObserver = {
    started: (target, pid) => tell('harness', { type: 'start', target, pid }),
    ended: (target, signal, unexpected) => tell('harness', { type: 'crash', target, signal, unexpected }),
  };

  const service = use(await startRedis());
  const redis = serviceProcess('redis', service, observer);
  const servers = await Promise.all(
    Array.from({ length: SERVERS }, (_, index) => startServer(control, `server ${index}`, service.url, observer)),
  );
  life.push(...servers);
  const paths = await Promise.all(
    // Nothing of another protocol is ever touched: these are cut, and refuse.
    servers.map(({ port, name }) => startFrameProxy({ port }, { name: `devices to ${name}`, judges: UNTOUCHED })),
  );
  life.push(...paths);
  const system: System = {
    servers,
    services: [redis],
    devices: [],
    paths,
    specials: redisSpecials([{ process: redis, url: service.url }]),
  };
  const devices = use(
    controlDevices(
      control,
      paths.map(({ port }) => port),
      tell,
    ),
  );
  tell('harness', {
    type: 'run',
    configuration: control.name,
    seed: 1,
    seconds: 0,
    devices: devices.ids,
    retentionMs: 24 * 3_600_000,
  });

  const scene = sceneOf(system, devices, tell);
  await scene.connected();
  devices.startTraffic();
  await scene.acknowledged(WARM_UP);
  await scenario.run(scene);
  await scene.connected();
  tell('harness', { type: 'healed' });
  await devices.stopTraffic();
  await untilQuiet(devices);
  tell('harness', { type: 'quiet' });
  return judge(records, { invariants: APPLICABLE });
}

const UNTOUCHED = { up: () => () => undefined, down: () => () => undefined };

async function startServer(control: Control, name: string, redis: string, observer: ProcessObserver) {
  const port = await freePort();
  const settings: ControlServerSettings = { name: name.replace(' ', '-'), port, redis };
  const child = await nodeProcess({
    name,
    args: ['--enable-source-maps', await bundledProgram(control.program)],
    env: () => ({ [CONTROL_SERVER]: JSON.stringify(settings) }),
    observer,
  });
  return Object.assign(child, { port, url: `ws://127.0.0.1:${port}` });
}

function sceneOf(system: System, devices: ControlDevices, tell: Tell): Scene {
  let faults = 0;
  return {
    system,
    acknowledged: async (more) => {
      const goal = devices.acknowledged + more;
      await until(`${more} more messages are acknowledged`, () => devices.acknowledged >= goal);
    },
    connected: (server) =>
      until(`devices ${server === undefined ? '' : `at server ${server} `}are connected`, () =>
        devices.connected(server),
      ),
    suffer: async (kind, target, begin, during) => {
      faults += 1;
      const fault = { faultId: `${faults} ${kind}`, kind, target };
      tell('harness', { type: 'fault', ...fault });
      const heal = await begin();
      await during?.();
      await heal();
      tell('harness', { type: 'heal', ...fault });
    },
  };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  await eventually(what, holds);
}

async function untilQuiet(devices: ControlDevices): Promise<void> {
  let arrived = -1;
  let since = performance.now();
  await until('nothing arrives any more', () => {
    if (devices.arrived !== arrived) since = performance.now();
    arrived = devices.arrived;
    return performance.now() - since > QUIET_MS;
  });
}
