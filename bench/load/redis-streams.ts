import { Redis } from 'ioredis';

/** Looks at the queues of a deployment with the default key prefix. */
export interface StreamWatch extends AsyncDisposable {
  /** The most entries that any partition was seen to hold since the last call. */
  peak(): number;
  /** Entries of all partitions that were parked. */
  deadLetters(): Promise<number>;
}

const PARTITIONS = 8;
const LOOK_EVERY_MS = 200;

export function watchStreams(url: string): StreamWatch {
  const redis = new Redis(url);
  const lengths = (name: string): Promise<number[]> =>
    Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => redis.xlen(`tm:{c${partition}}:${name}`)));
  let peak = 0;
  const timer = setInterval(() => {
    lengths('commands').then(
      (now) => {
        peak = Math.max(peak, ...now);
      },
      // Only when it is closed.
      () => {},
    );
  }, LOOK_EVERY_MS);
  return {
    peak: () => {
      const was = peak;
      peak = 0;
      return was;
    },
    deadLetters: async () => (await lengths('dead')).reduce((sum, length) => sum + length, 0),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}
