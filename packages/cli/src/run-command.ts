import { parseArgs } from 'node:util';
import { TidemarkError, UnavailableError } from '@tidemark/core';
import { type Operator, openOperator } from '@tidemark/server';
import { Redis } from 'ioredis';
import { diagnose } from './doctor.ts';
import { HELP } from './help.ts';
import { tableOf } from './table.ts';

/** What a command ends with. */
export const EXIT = {
  ok: 0,
  /** It did what it was asked for, and found something wrong; or what it was asked for is not there, or cannot be done. */
  failed: 1,
  /** The command line says nothing that can be done. */
  usage: 2,
  /** Redis cannot be reached, or refuses. */
  unavailable: 3,
} as const;

/** Where a command reads and writes. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

interface Context {
  readonly operator: Operator;
  readonly redis: Redis;
  readonly prefix: string;
  readonly partitions: number | undefined;
  readonly words: readonly string[];
  /** Prints a value: as JSON with `--json`, else as these lines. */
  readonly print: (value: unknown, lines: () => readonly string[]) => void;
}

const OPTIONS = {
  redis: { type: 'string' },
  prefix: { type: 'string', default: 'tm:' },
  partition: { type: 'string' },
  partitions: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Carries out one command line. Resolves with the exit code, and never rejects. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await carryOut(args, terminal);
  } catch (error) {
    const code = exitOf(error);
    terminal.err(`tidemark: ${error instanceof Error ? error.message : String(error)}`);
    if (code === EXIT.usage) terminal.err('See tidemark --help.');
    return code;
  }
}

async function carryOut(args: readonly string[], { env, out }: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help || positionals.length === 0) {
    out(HELP);
    return values.help ? EXIT.ok : EXIT.usage;
  }
  const name = positionals[0] === 'dead-letters' ? positionals.slice(0, 2).join(' ') : (positionals[0] ?? '');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`there is no command "${name}"`);
  const words = positionals.slice(name.split(' ').length);
  if (words.length !== command.words) throw new UsageError(`${name} takes ${command.words} more words`);
  const url = values.redis ?? env.REDIS_URL;
  if (url === undefined) throw new UsageError('say where Redis is: --redis URL, or REDIS_URL');
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => {});
  const operator = openOperator({ redis, keyPrefix: values.prefix });
  try {
    await redis.connect().catch((cause: Error) => {
      throw new UnavailableError(`Redis cannot be reached: ${cause.message}`, { cause });
    });
    return await command.run({
      operator,
      redis,
      prefix: values.prefix,
      partitions: numberIn('partitions', values.partitions),
      words,
      print: (value, lines) => out(values.json ? JSON.stringify(value, null, 2) : lines().join('\n')),
      ...letterOptions(values),
    });
  } finally {
    operator.close();
    redis.disconnect();
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function letterOptions({ partition, limit }: { partition?: string; limit?: string }): LetterOptions {
  const [of, most] = [numberIn('partition', partition), numberIn('limit', limit)];
  return { letters: { ...(of !== undefined && { partition: of }), ...(most !== undefined && { limit: most }) } };
}

interface LetterOptions {
  readonly letters: { readonly partition?: number; readonly limit?: number };
}

function numberIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} must be a whole number`);
  return Number(text);
}

function exitOf(error: unknown): number {
  // A prefix that cannot be one.
  if (error instanceof UsageError || error instanceof TypeError) return EXIT.usage;
  if (error instanceof UnavailableError) return EXIT.unavailable;
  return error instanceof TidemarkError ? EXIT.failed : EXIT.unavailable;
}

interface CommandLine {
  /** Words that follow its name. */
  readonly words: number;
  readonly run: (context: Context & LetterOptions) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, CommandLine>> = {
  status: { words: 0, run: status },
  doctor: { words: 0, run: doctor },
  'dead-letters list': { words: 0, run: list },
  'dead-letters show': { words: 1, run: show },
  'dead-letters retry': { words: 1, run: (context) => change(context, 'retry', 'queued again') },
  'dead-letters drop': { words: 1, run: (context) => change(context, 'drop', 'dropped') },
};

async function status({ operator, prefix, print }: Context): Promise<number> {
  const found = await operator.status();
  print(found, () => {
    if (!found.claim) return [`nothing has been claimed under the prefix "${prefix}"`];
    const rows = found.partitions.map(({ partition, owner, backlog, lagMs, deadLetters }) => [
      partition,
      owner ?? '-',
      backlog,
      seconds(lagMs),
      deadLetters,
    ]);
    return [
      `store      ${found.claim.identity}, inbox epoch ${found.claim.epoch}`,
      `processes  ${found.processes.join(', ') || 'none'}`,
      `workers    ${found.workers.join(', ') || 'none'}`,
      '',
      ...tableOf(['partition', 'writer', 'backlog', 'lag', 'dead letters'], rows),
    ];
  });
  return found.claim ? EXIT.ok : EXIT.failed;
}

async function doctor({ operator, redis, prefix, partitions, print }: Context): Promise<number> {
  const findings = await diagnose({ operator, redis, prefix, partitions });
  print(findings, () => findings.map(({ level, check, text }) => `${level.padEnd(7)} ${check}: ${text}`));
  return findings.some(({ level }) => level === 'error') ? EXIT.failed : EXIT.ok;
}

async function list({ operator, letters, print }: Context & LetterOptions): Promise<number> {
  const found = await operator.deadLetters(letters);
  print(found, () => {
    if (found.length === 0) return ['no dead letters'];
    const rows = found.map(({ id, at, command, reason }) => [
      id,
      new Date(at).toISOString(),
      command?.type ?? 'unreadable',
      command?.actorId ?? '-',
      command?.conversationId ?? '-',
      reason.split('\n', 1)[0]?.slice(0, 100) ?? '',
    ]);
    return tableOf(['id', 'parked', 'command', 'sender', 'conversation', 'reason'], rows);
  });
  return EXIT.ok;
}

async function show({ operator, words: [id = ''], print }: Context): Promise<number> {
  const letter = await operator.deadLetter(id);
  print(letter, () => [
    `id       ${letter.id}`,
    `parked   ${new Date(letter.at).toISOString()}`,
    `reason   ${letter.reason}`,
    `command  ${letter.body}`,
  ]);
  return EXIT.ok;
}

async function change(
  { operator, words: [id = ''], print }: Context,
  what: 'retry' | 'drop',
  done: string,
): Promise<number> {
  await operator[what](id);
  print({ id, done }, () => [`${id} was ${done}`]);
  return EXIT.ok;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
