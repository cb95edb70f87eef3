/**
 * How many seeded schedules a simulation runs. `npm run test:long` runs all of them, 100,000 together, in minutes; `npm test`
 * runs the first tenth, which are the same ones every time.
 */
const LONG = {
  syncCore: 30_000,
  outboxLanes: 20_000,
  writers: 10_000,
} as const;

export function schedulesOf(simulation: keyof typeof LONG): number {
  return process.env.TIDEMARK_LONG ? LONG[simulation] : LONG[simulation] / 10;
}
