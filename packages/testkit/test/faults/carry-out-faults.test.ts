import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/application/manual-clock.ts';
import { carryOutFaults } from '../../src/faults/carry-out-faults.ts';
import type { PlannedFault } from '../../src/faults/plan-faults.ts';
import { fakeSystem } from './support/fake-system.ts';

const planned = (kind: string, target: string, at: number, lasts: number): PlannedFault => ({
  faultId: `${kind} ${target}`,
  kind,
  target,
  at,
  lasts,
  seed: 1,
});

function observer() {
  const log: string[] = [];
  return {
    log,
    injecting: ({ kind }: PlannedFault) => log.push(`${kind} begins`),
    healed: ({ kind }: PlannedFault) => log.push(`${kind} is over`),
    failed: ({ kind }: PlannedFault, step: string, error: unknown) => log.push(`${kind} ${step}: ${String(error)}`),
  };
}

describe('carrying out a plan', () => {
  test('injects and heals each fault at its time, on top of the others', async () => {
    const system = fakeSystem();
    const seen = observer();
    const clock = new ManualClock();
    const plan = [planned('kill-server', 'server 0', 0, 120), planned('pause-redis', 'redis', 40, 40)];
    const carried = carryOutFaults(plan, system, seen, undefined, clock);
    await clock.advance(119);
    expect(seen.log).toHaveLength(3);
    await clock.advance(1);
    await carried;
    expect(system.calls).toEqual(['server 0 kill9', 'redis pause', 'redis resume', 'server 0 ensureRunning']);
    expect(seen.log).toEqual([
      'kill-server begins',
      'pause-redis begins',
      'pause-redis is over',
      'kill-server is over',
    ]);
  });

  test('goes on when a fault cannot be injected, and says so', async () => {
    const system = fakeSystem();
    const seen = observer();
    const clock = new ManualClock();
    const plan = [planned('kill-server', 'server 9', 0, 10), planned('kill-server', 'server 1', 20, 10)];
    const carried = carryOutFaults(plan, system, seen, undefined, clock);
    await clock.advance(30);
    await carried;
    expect(seen.log).toEqual([
      'kill-server begins',
      'kill-server inject: Error: there is no server 9',
      'kill-server is over',
      'kill-server begins',
      'kill-server is over',
    ]);
    expect(system.calls).toEqual(['server 1 kill9', 'server 1 ensureRunning']);
  });

  test('tells a fault that waits until it can be done when its time is over', async () => {
    const seen = observer();
    const waiting = {
      ...fakeSystem(),
      specials: {
        storeDiskFull: (over: AbortSignal) =>
          new Promise<never>((_, reject) => {
            over.addEventListener('abort', () => reject(new Error('it never ran')), { once: true });
          }),
      },
    };
    const clock = new ManualClock();
    const carried = carryOutFaults([planned('disk-full', 'store', 10, 60)], waiting, seen, undefined, clock);
    await clock.advance(69);
    expect(seen.log).toEqual(['disk-full begins']);
    await clock.advance(1);
    await carried;
    expect(seen.log).toEqual(['disk-full begins', 'disk-full inject: Error: it never ran', 'disk-full is over']);
  });

  test('tells a fault that waits when the run is over, too', async () => {
    const seen = observer();
    const abort = new AbortController();
    const waiting = {
      ...fakeSystem(),
      specials: {
        storeDiskFull: async (over: AbortSignal) => {
          abort.abort();
          return over.aborted ? Promise.reject(new Error('the run is over')) : async () => {};
        },
      },
    };
    await carryOutFaults([planned('disk-full', 'store', 0, 60_000)], waiting, seen, abort.signal);
    expect(seen.log).toEqual(['disk-full begins', 'disk-full inject: Error: the run is over', 'disk-full is over']);
  });

  test('heals what is on and leaves out the rest when it is aborted', async () => {
    const system = fakeSystem();
    const seen = observer();
    const abort = new AbortController();
    const plan = [planned('kill-server', 'server 0', 0, 60_000), planned('pause-redis', 'redis', 60_000, 1)];
    const carried = carryOutFaults(plan, system, seen, abort.signal);
    await expect.poll(() => system.calls).toEqual(['server 0 kill9']);
    abort.abort();
    await carried;
    expect(system.calls).toEqual(['server 0 kill9', 'server 0 ensureRunning']);
    expect(seen.log).toEqual(['kill-server begins', 'kill-server is over']);
  });
});
