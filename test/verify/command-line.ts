import { parseArgs } from 'node:util';
import type { Configuration, Fault } from '@tidemark/testkit/verify';

/** What a command line asks for. */
export interface Request {
  readonly configurations: readonly Configuration[];
  readonly seeds: readonly number[];
  readonly seconds: number;
  readonly users: number;
  readonly devicesPerUser: number;
  readonly faults: readonly string[] | 'all';
  readonly json: boolean;
  readonly keep: boolean;
}

export const HELP = `Runs real processes under load and faults, and judges what every one of them saw.

  npm run verify -- [options]

  --config NAME[,NAME]   what to run; default redis-postgres; all for all
  --seed N               what load and faults are drawn from; default 1
  --seeds FROM..TO       a run for each of these seeds
  --seconds N            how long the load lasts; default 60
  --users N              default 20
  --devices N            of each user; default 2
  --faults NAME[,NAME]   default all; none for none
  --json                 a JSON object to standard output (with several runs: an array)
  --keep                 keeps the history of a run that found nothing; one that found something is always kept
  --list                 names configurations and faults, and which fault applies where
  --help

Exits with 0 when nothing was violated, with 1 when something was, with 2 when a run could not be carried out.`;

/** @throws Error with a message for people, that names what there is */
export function parseCommandLine(
  args: readonly string[],
  known: { readonly configurations: readonly Configuration[]; readonly faults: ReadonlyMap<string, Fault> },
): Request | 'help' | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', default: 'redis-postgres' },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      users: { type: 'string', default: '20' },
      devices: { type: 'string', default: '2' },
      faults: { type: 'string', default: 'all' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  const names = known.configurations.map(({ name }) => name);
  const chosen = values.config === 'all' ? names : listOf('--config', values.config, names);
  return {
    configurations: known.configurations.filter(({ name }) => chosen.includes(name)),
    seeds: parseSeeds(values.seed, values.seeds),
    seconds: whole('--seconds', values.seconds, 1, 86_400),
    users: whole('--users', values.users, 2, 1_000),
    devicesPerUser: whole('--devices', values.devices, 1, 20),
    faults: parseFaults(values.faults, [...known.faults.keys()]),
    json: values.json,
    keep: values.keep,
  };
}

function parseFaults(text: string, known: readonly string[]): readonly string[] | 'all' {
  if (text === 'all') return 'all';
  return text === 'none' ? [] : listOf('--faults', text, known);
}

function parseSeeds(seed: string | undefined, seeds: string | undefined): number[] {
  if (seeds === undefined) return [whole('--seed', seed ?? '1', 0, 2 ** 32 - 1)];
  if (seed !== undefined) throw new Error('give either --seed or --seeds');
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? [];
  if (first === undefined || last === undefined) throw new Error(`--seeds must be FROM..TO, not ${seeds}`);
  const from = whole('--seeds', first, 0, 2 ** 32 - 1);
  const to = whole('--seeds', last, from, from + 9_999);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function listOf(option: string, text: string, known: readonly string[]): string[] {
  const names = text.split(',').filter(Boolean);
  const unknown = names.filter((name) => !known.includes(name));
  if (names.length === 0 || unknown.length > 0) {
    throw new Error(`${option}: there is no ${unknown.join(', ') || 'name'}; there are ${known.join(', ')}`);
  }
  return names;
}

function whole(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${option} must be a whole number from ${min} to ${max}, not ${text}`);
}
