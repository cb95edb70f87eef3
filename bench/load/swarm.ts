import { type Program, startProgram } from '../frame/program.ts';

export interface SwarmSettings {
  readonly url: string;
  readonly wire: 'tidemark' | 'bare';
  readonly users: readonly string[];
  /** Where its sockets come from; by default the system's choice. */
  readonly address?: string;
  /** Whether the numbers of messages are kept, see `Swarm.numbers`. */
  readonly keepsNumbers?: boolean;
}

export interface Progress {
  readonly seqs: readonly number[];
  readonly gaps: number;
  readonly repeats: number;
}

/** Clients in processes of their own, see swarm-program.ts. */
export interface Swarm extends AsyncDisposable {
  /** Resolves when all are live, with the ms that took. A client that has been connected before continues from its cursor. */
  connect(): Promise<number>;
  /** Without a goodbye. */
  drop(): Promise<void>;
  /** Stops reading from the sockets, which stay open. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  progress(): Promise<Progress>;
  /** Of the messages each user received, repeats and all. */
  numbers(): Promise<readonly { readonly user: string; readonly numbers: Float64Array }[]>;
  delays(): Promise<readonly number[]>;
}

/** Clients of one process: that many fit into its files, and their loads into its share of a core. */
const PER_PROCESS = 2_500;

export async function startSwarm(settings: Omit<SwarmSettings, 'address'>): Promise<Swarm> {
  const { users } = settings;
  const processes: Program[] = [];
  for (let start = 0; start < users.length; start += PER_PROCESS) {
    // Source addresses of their own: ports run out at 28,000 per pair of addresses.
    const address = `127.0.0.${2 + processes.length}`;
    const own: SwarmSettings = { ...settings, users: users.slice(start, start + PER_PROCESS), address };
    processes.push(await startProgram(new URL('./swarm-program.ts', import.meta.url), { settings: own }));
  }
  const all = <Result>(name: string): Promise<Result[]> =>
    Promise.all(processes.map((program) => program.call<Result>(name)));
  return {
    connect: async () => Math.max(...(await all<number>('connect'))),
    drop: async () => void (await all('drop')),
    pause: async () => void (await all('pause')),
    resume: async () => void (await all('resume')),
    progress: async () => {
      const parts = await all<Progress>('progress');
      return {
        seqs: parts.flatMap(({ seqs }) => seqs),
        gaps: parts.reduce((sum, { gaps }) => sum + gaps, 0),
        repeats: parts.reduce((sum, { repeats }) => sum + repeats, 0),
      };
    },
    numbers: async () => (await all<Awaited<ReturnType<Swarm['numbers']>>>('numbers')).flat(),
    delays: async () => (await all<Float64Array>('delays')).flatMap((part) => [...part]),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(processes.map((program) => program[Symbol.asyncDispose]()));
    },
  };
}
