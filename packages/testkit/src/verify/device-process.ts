import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProcessObserver } from './configuration.ts';
import { DEVICE_SETTINGS, type DeviceSettings, type DeviceStatus } from './device.ts';
import { type NodeProcess, nodeProcess } from './node-process.ts';
import { DEVICE_FAILPOINTS } from './recording-store.ts';
import type { DeviceProcess } from './system.ts';

/** A device of the run, and what only the run itself asks of it. */
export interface RunDevice extends DeviceProcess, AsyncDisposable {
  startTraffic(): Promise<void>;
  stopTraffic(): Promise<void>;
  createGroup(memberIds: readonly string[]): Promise<void>;
  /** A device that cannot be asked is behind. */
  status(): Promise<DeviceStatus>;
  /** Loads all history and writes what it shows into the history. */
  dump(fresh: boolean): Promise<void>;
}

export interface RunDeviceOptions extends Omit<DeviceSettings, 'busy' | 'life'> {
  /** A JavaScript file that calls `runDevice`; ours when absent. */
  readonly program?: string | undefined;
  readonly observer: ProcessObserver;
}

const DUMP_TIMEOUT_MS = 180_000;

export async function startDevice({ program, observer, ...settings }: RunDeviceOptions): Promise<RunDevice> {
  const { userId, deviceId } = settings;
  /** As it was last told, so that one that was killed goes on with what it was doing. */
  let busy = false;
  const child: NodeProcess = await nodeProcess({
    name: `device ${userId}/${deviceId}`,
    args: program === undefined ? defaultProgram() : [program],
    env: (life) => ({ [DEVICE_SETTINGS]: JSON.stringify({ ...settings, busy, life } satisfies DeviceSettings) }),
    observer,
    failpoints: DEVICE_FAILPOINTS,
    closeTimeoutMs: 4_000,
  });
  const setTraffic = async (on: boolean): Promise<void> => {
    busy = on;
    // One that is dead or stopped learns it when it starts, or when the run asks again.
    await child.call(on ? 'start-traffic' : 'stop-traffic').catch(() => undefined);
  };
  return {
    ...child,
    get pid() {
      return child.pid;
    },
    userId,
    deviceId,
    startTraffic: () => setTraffic(true),
    stopTraffic: () => setTraffic(false),
    createGroup: (memberIds: readonly string[]) => child.call<void>('create-group', memberIds, 180_000),
    status: () =>
      child
        .call<DeviceStatus>('status', null, 5_000)
        .catch((error: unknown): DeviceStatus => ({ cursor: null, busyWith: String(error) })),
    dump: (fresh: boolean) => child.call<void>('dump', fresh, DUMP_TIMEOUT_MS),
  };
}

/** The device program as it was built. From the sources one has to be named: Node cannot run those. */
function defaultProgram(): string[] {
  const file = new URL('./device.js', import.meta.url);
  if (!existsSync(fileURLToPath(file))) {
    throw new Error('name a device program: a JavaScript file that calls runDevice of @tidemark/testkit/verify');
  }
  return ['--input-type=module', '--eval', `import { runDevice } from '${file.href}'; runDevice();`];
}
