import type { ServerEventName, ServerEvents } from '@tidemark/server';

/** The subset of pino, winston and console that is called. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

interface Listening {
  on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void;
}

/** What somebody should look at: `error` needs a person, `warn` passes by itself, `info` says what changed hands. */
const LEVELS = {
  'dead-lettered': 'error',
  'listener-failed': 'error',
  'close-timed-out': 'error',
  'counter-implausible': 'error',
  retried: 'warn',
  'publish-failed': 'warn',
  'slow-consumer': 'warn',
  'limit-reached': 'warn',
  'feed-reset': 'warn',
  takeover: 'info',
  released: 'info',
} as const satisfies Partial<Record<ServerEventName, keyof Logger>>;

/** @returns a function that ends it */
export function logEvents(messaging: Listening, logger: Logger): () => void {
  const names = Object.keys(LEVELS) as (keyof typeof LEVELS)[];
  const ends = names.map((name) =>
    messaging.on(name, (payload) => logger[LEVELS[name]]({ event: name, ...payload }, `tidemark ${name}`)),
  );
  return () => {
    for (const end of ends) end();
  };
}
