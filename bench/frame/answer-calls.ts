/** The program's side of `startProgram`: what it was started with, and the calls it answers. */

/** The environment variable with the settings of a program, as JSON. */
export const PROGRAM_SETTINGS = 'TIDEMARK_BENCH_PROGRAM';

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export type Answer =
  | { readonly ready: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

export function programSettings<Settings>(): Settings {
  return JSON.parse(process.env[PROGRAM_SETTINGS] ?? '{}') as Settings;
}

/**
 * Says that the program is ready, and answers calls from now on: each name with what its handler returns or resolves with.
 * The program ends when it is asked to (after `close`), and when its parent is gone.
 */
export function answerCalls(
  handlers: Readonly<Record<string, (argument: never) => unknown>>,
  close: () => Promise<void> | void = () => {},
): void {
  const send = (answer: Answer): void => {
    process.send?.(answer);
  };
  process.on('message', async ({ id, name, argument }: Call) => {
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`the program has no ${name}`);
      send({ id, result: await handler(argument as never) });
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => process.exit());
  process.once('SIGTERM', async () => {
    await close();
    process.exit();
  });
  send({ ready: true });
}
