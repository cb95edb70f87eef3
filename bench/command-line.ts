import { parseArgs } from 'node:util';
import type { Bench } from './frame/bench.ts';
import type { ConfigName } from './frame/configs.ts';

export interface Request {
  readonly bench: Bench;
  readonly config: ConfigName;
  readonly peers: boolean;
  readonly json: boolean;
  readonly quick: boolean;
  readonly chart: boolean;
  readonly readme: boolean;
}

export const HELP = `Measures how fast it is, beside others, and what it costs.

  npm run bench -- --list                 names benches and their configurations
  npm run bench -- NAME [options]

  --config NAME   one of the bench's configurations; default the first that --list names for it
  --peers         runs the systems that Tidemark is compared with, too
  --quick         shows in seconds that it works; the figures say little
  --json          a JSON object to standard output in place of the table
  --chart         also draws bench/charts/NAME.CONFIG.svg
  --readme        also puts the table in its place in bench/README.md
  --help

The result goes to standard output, progress to standard error. Exits with 2 when a bench could not be carried out.`;

/** @throws Error with a message for people, that names what there is */
export function parseCommandLine(args: readonly string[], benches: readonly Bench[]): Request | 'help' | 'list' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      peers: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      chart: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  const [name, ...more] = positionals;
  if (name === undefined) throw new Error(`name a bench: ${benches.map((each) => each.name).join(', ')}`);
  if (more.length > 0) throw new Error(`one bench at a time, not also ${more.join(', ')}`);
  const bench = benches.find((each) => each.name === name);
  if (!bench) throw new Error(`there is no bench ${name}; there are ${benches.map((each) => each.name).join(', ')}`);
  const config = values.config === undefined ? bench.configs[0] : bench.configs.find((each) => each === values.config);
  if (config === undefined) {
    throw new Error(`${name} does not run on ${values.config}, but on ${bench.configs.join(', ')}`);
  }
  const { peers, quick, json, chart, readme } = values;
  return { bench, config, peers, quick, json, chart, readme };
}
