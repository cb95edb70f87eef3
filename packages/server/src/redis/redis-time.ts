import type { RedisCalls } from './redis-calls.ts';

/** The clock of Redis, in whole ms since 1970. */
export async function redisTime(calls: RedisCalls): Promise<number> {
  const [seconds, microseconds] = (await calls.command('time')) as [string, string];
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

/** ms for which the oldest entry of a stream has been there, by the clock of Redis; 0 when there is none. */
export function lagOf(oldest: readonly [id: string, ...rest: unknown[]] | undefined, now: number): number {
  return oldest ? Math.max(0, now - Number(oldest[0].split('-', 1)[0])) : 0;
}
