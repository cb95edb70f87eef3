import fc from 'fast-check';
import { schedulesOf } from '../../../../test/support/schedules.ts';
import { WriterWorld } from './writer-world.ts';

/** One step of a schedule: what happens, and to whom. */
const DEEDS = [
  ...Array<string>(4).fill('submit'),
  'resubmit',
  'open',
  ...Array<string>(4).fill('begin'),
  ...Array<string>(16).fill('answered'),
  'refused',
  ...Array<string>(2).fill('lost'),
  'lose',
  'kill',
  'wipe',
  'lose-counters',
  'set-back',
  ...Array<string>(2).fill('pass'),
  ...Array<string>(2).fill('read'),
  ...Array<string>(2).fill('arrive'),
] as const;

async function take(world: WriterWorld, step: number): Promise<void> {
  const deed = DEEDS[step % DEEDS.length];
  const pick = Math.floor(step / DEEDS.length);
  if (deed === 'submit') await world.submit(pick);
  else if (deed === 'resubmit') await world.resubmit(pick);
  else if (deed === 'open') world.open(pick);
  else if (deed === 'begin') await world.begin(pick);
  else if (deed === 'answered' || deed === 'refused' || deed === 'lost') await world.call(pick, deed);
  else if (deed === 'lose') world.lose(pick);
  else if (deed === 'kill') world.kill(pick);
  else if (deed === 'wipe') world.wipe();
  else if (deed === 'lose-counters') world.loseCounters();
  else if (deed === 'set-back') world.setBack(pick);
  else if (deed === 'pass') await world.pass([5, 50, 500, 3_000][pick % 4] as number);
  else if (deed === 'arrive') await world.arrive(pick);
  else await world.read(pick);
}

async function run(schedule: readonly number[], kind: 'atomic' | 'composed'): Promise<void> {
  const world = new WriterWorld(kind);
  try {
    for (const partition of [0, 1]) world.open(partition);
    for (const step of schedule) await take(world, step);
    await world.drain();
    await world.judge();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n  ${world.trace.join('\n  ')}`, { cause: error });
  }
}

/**
 * Runs seeded schedules of everything that may happen to writers, and judges each at its end. A failure names the shortest
 * schedule that fast-check found to fail, step by step; its `path` and `seed` replay it.
 */
export async function simulate(kind: 'atomic' | 'composed'): Promise<void> {
  const schedule = fc.array(fc.nat(DEEDS.length * 1_000), { maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(schedule, (steps) => run(steps, kind)),
    { numRuns: schedulesOf('writers'), seed: 7 },
  );
}
