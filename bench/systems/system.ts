import { freePort } from '../../test/support/services/free-port.ts';
import type { StoreSettings } from '../../test/verify/server-settings.ts';
import { startProgram } from '../frame/program.ts';
import type { BenchServices } from '../frame/services.ts';
import type { Wire } from './drivers.ts';

/** What messages are sent through: Tidemark, or another that people choose for it. */
export interface System {
  /** In rows. */
  readonly name: string;
  /** What its clients speak: the load generator's driver. */
  readonly wire: Wire;
  /** A sentence's end: an acknowledgement means that … */
  readonly acknowledgementMeans: string;
  /** Which of the services' CPU is spent for it. */
  readonly uses: readonly ('redis' | 'store')[];
  /** Why it cannot run on these services and this machine; undefined when it can. */
  missing(services: BenchServices): string | undefined;
  start(services: BenchServices): Promise<RunningSystem>;
}

export interface RunningSystem extends AsyncDisposable {
  /** Where clients connect. */
  readonly url: string;
  /** Of the process that serves them, for /proc. */
  readonly pid: number;
}

/** What a server program of a system is started with. */
export interface ServerProgramSettings {
  readonly port: number;
  readonly redis: string | null;
  readonly postgres: string | null;
  readonly store: StoreSettings;
}

/** A system whose server is a Node program that answers `ready`, with a WebSocket endpoint at `path`. */
export function nodeSystem(
  about: Pick<System, 'name' | 'wire' | 'acknowledgementMeans' | 'uses' | 'missing'> & {
    readonly program: URL;
    readonly path: string;
  },
): System {
  const { program: source, path, ...rest } = about;
  return {
    ...rest,
    start: async ({ redis, postgres, store }) => {
      const port = await freePort();
      const settings: ServerProgramSettings = {
        port,
        redis: redis?.url ?? null,
        postgres: postgres?.url ?? null,
        store,
      };
      const program = await startProgram(source, { settings });
      return {
        url: `ws://127.0.0.1:${port}${path}`,
        pid: program.pid,
        [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
      };
    },
  };
}

export function nothingMissing(): undefined {
  return undefined;
}

export function withoutRedis({ redis }: BenchServices): string | undefined {
  return redis ? undefined : 'it needs Redis, which this configuration has not';
}
