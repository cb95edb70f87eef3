/**
 * What a test holds of a running service, and the order in which one is looked for. A service that cannot be had is an
 * error that says what to install, never a silent skip.
 */
export interface Service extends AsyncDisposable {
  /** What the service's driver connects to. */
  readonly url: string;
  readonly port: number;
  /** Of the server's main process, where it is a process of this machine that the test started and that runs. */
  readonly pid: number | undefined;
  /** Kills it as `kill -9` does, with everything it forked, and resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data (stopping it first if it runs), and resolves when it answers. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
}

/** Why a service cannot be had in one way; the next way is tried. */
export class NotHere {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/**
 * Tries the ways in order and returns what the first gives. A way that answers `NotHere` is passed over; a way that
 * throws has the service but cannot run it, which is an error of its own.
 */
export async function firstOf<T extends object>(
  name: string,
  install: string,
  ways: readonly (() => Promise<T | NotHere>)[],
): Promise<T> {
  const reasons: string[] = [];
  for (const way of ways) {
    const result = await way();
    if (!(result instanceof NotHere)) return result;
    reasons.push(result.reason);
  }
  throw new Error(`${name} is needed and cannot be had (${reasons.join('; ')}). ${install}`);
}

/** A service that somebody else runs and whose address the environment holds. */
export function externalService(variable: string, url: string, dispose: () => Promise<void> = async () => {}): Service {
  const refuse = (what: string) => async (): Promise<void> => {
    throw new Error(`${what}() needs a server of the tests' own, and ${variable} names another: unset ${variable}`);
  };
  return {
    url,
    port: Number(new URL(url).port),
    pid: undefined,
    kill9: refuse('kill9'),
    restart: refuse('restart'),
    pause: refuse('pause'),
    resume: refuse('resume'),
    [Symbol.asyncDispose]: dispose,
  };
}
