import { DeploymentError, TidemarkError } from '@tidemark/core';
import type { Messaging } from './create-messaging.ts';
import type { ServerEventName, ServerEvents } from './server-events.ts';

/** What is called of a logger: pino's, and that of most others that take fields before the sentence. */
export interface EventLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Level = keyof EventLogger;
type Fields = Readonly<Record<string, unknown>>;
type Line<Payload> = readonly [level: Level, message: string, fields: (payload: Payload) => Fields] | null;

/**
 * Writes what happens inside to a logger, one line an event, as `{ event, … }` and a sentence. Ids, codes, counts and times alone: what a
 * user wrote, and what a service says about it, is in no line, so errors are named by class and code, with their stack and
 * without their message. Returns a function that stops it.
 *
 * @param logger of pino, or one that is called like it
 */
export function logEvents(messaging: Pick<Messaging<never, never>, 'on'>, logger: EventLogger): () => void {
  const stops = (Object.keys(LINES) as ServerEventName[]).map((name) => listen(messaging, logger, name));
  return () => {
    for (const stop of stops) stop();
  };
}

function listen<Name extends ServerEventName>(
  messaging: Pick<Messaging<never, never>, 'on'>,
  logger: EventLogger,
  name: Name,
): () => void {
  const line: Line<ServerEvents[Name]> = LINES[name];
  if (line === null) return () => {};
  const [level, message, fields] = line;
  return messaging.on(name, (payload) => logger[level]({ event: name, ...fields(payload) }, message));
}

/** For events whose fields are all ids, numbers and words of ours. */
const all = (payload: object): Fields => ({ ...payload });

/** The same, with an error among them. */
const withError = ({ error, ...others }: { readonly error: unknown }): Fields => ({
  ...others,
  error: errorFields(error),
});

/** Without a row for a new event this does not compile. Null: it happens too often for a log, and metrics count it. */
const LINES: { readonly [Name in ServerEventName]: Line<ServerEvents[Name]> } = {
  committed: null,
  published: null,
  answered: null,
  'load-measured': null,
  erased: ['debug', 'messages were erased', ({ partition, messages }) => ({ partition, messages: messages.length })],
  retried: ['warn', 'a step failed and is tried again', withError],
  conflicted: ['debug', 'a batch runs again', all],
  repeated: ['debug', 'commands had been carried out before', all],
  'hook-failed': ['error', 'a hook of the application failed', withError],
  rejected: ['debug', 'a writer refused a command', withError],
  'set-aside': ['warn', 'a command failed alone and is tried again apart', withError],
  'store-failed': [
    'error',
    'the store refuses what every commit needs',
    ({ error }) => ({ error: errorFields(error) }),
  ],
  'store-recovered': ['info', 'the store is well again', all],
  'store-set-back': ['error', 'the store has lost commits: feeds start again', ({ lost }) => ({ lost: { ...lost } })],
  'dead-lettered': [
    'error',
    'a command was parked',
    ({ partition, entryId, error }) => ({ partition, entryId, error: errorFields(error) }),
  ],
  takeover: ['info', 'this process writes a partition', all],
  released: ['info', 'this process gave a partition up', all],
  'counters-restored': ['info', 'counters were restored from the store', all],
  'counters-raised': ['warn', 'counters were behind the store', all],
  'counter-implausible': ['warn', 'a counter was thrown away', all],
  completed: ['info', 'a half-done commit was completed', all],
  'void-written': ['warn', 'seqs that stayed unfilled were closed', all],
  'publish-failed': ['warn', 'a frame did not reach a node', withError],
  'stranger-refused': ['error', 'something of another deployment was refused', ({ what }) => ({ what })],
  'deployment-refused': ['error', 'this process takes no part in its deployment', withError],
  'clock-refused': ['error', 'the clock of this process is off: it takes no part', withError],
  'client-refused': ['info', 'a client of another release was refused', withError],
  'workers-missed': ['error', 'no worker is listed: commands wait', all],
  'health-changed': [
    'info',
    'health changed',
    ({ status, reasons }) => ({ status, reasons: reasons.map(({ what }) => what) }),
  ],
  'feed-opened': ['debug', 'a feed was opened', all],
  'feed-closed': ['debug', 'a feed was closed', all],
  'feed-reset': ['info', 'a device rebuilds from a snapshot', all],
  'gap-found': ['info', 'a feed that had missed a frame reads on', all],
  'slow-consumer': ['info', 'a feed stopped for a full socket', all],
  purged: ['debug', 'rows past retention were removed', all],
  refused: ['debug', 'a call was answered with an error', withError],
  'rate-limited': ['debug', 'a caller exceeded the rate', all],
  'limit-reached': ['info', 'a bound refused something', all],
  'close-timed-out': ['error', 'close resolved before all had ended', all],
  'listener-failed': ['error', 'a listener of events threw', withError],
};

/** Causes of an error that are named. */
const CAUSES = 3;

/** What an error is, without what it says: a database repeats the statement, a schema the value. Our own about a deployment say neither. */
function errorFields(error: unknown, causes = CAUSES): Fields {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    name: error.name,
    ...((typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code))) && { code }),
    ...(error instanceof TidemarkError && error.limit !== undefined && { limit: error.limit }),
    ...(error instanceof DeploymentError && { message: error.message }),
    ...(cause !== undefined && causes > 0 && { cause: errorFields(cause, causes - 1) }),
    ...framesOf(error),
  };
}

/** Where it was thrown: what follows the message in the stack. */
function framesOf({ name, message, stack = '' }: Error): Fields {
  const head = stack.startsWith(`${name}: ${message}`)
    ? `${name}: ${message}`.length
    : stack.indexOf(message) + message.length;
  // Without its message in it a stack cannot be told from one.
  if (message !== '' && !stack.slice(0, head).endsWith(message)) return {};
  const frames = stack
    .slice(head)
    .split('\n')
    .filter((line) => line.startsWith('    at '));
  return frames.length > 0 ? { stack: frames.map((line) => line.trim()) } : {};
}
