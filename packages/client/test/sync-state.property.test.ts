import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedulesOf } from '../../../test/support/schedules.ts';
import { SyncWorld } from './support/sync-world.ts';

const pick = fc.nat(50);
const step = <T extends string>(weight: number, what: T) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), pick }),
});
const calm = [
  step(4, 'append'),
  step(6, 'deliver in order'),
  step(2, 'deliver'),
  step(1, 'deliver twice'),
  step(1, 'drop'),
  step(1, 'disconnect'),
  step(2, 'reconnect'),
  step(1, 'end feed'),
  step(2, 'subscribe'),
  step(4, 'succeed'),
  step(2, 'fail'),
  step(1, 'restart'),
] as const;
const wild = [...calm, step(2, 'new epoch'), step(1, 'purge')] as const;
type Step = { do: string; pick: number };

function run(steps: readonly Step[], world: SyncWorld): void {
  for (const { do: what, pick } of steps) {
    if (what === 'append') world.append((pick % 7) + 1);
    else if (what === 'deliver in order') for (let left = pick % 5; left >= 0; left -= 1) world.deliver(0, 'once');
    else if (what === 'deliver') world.deliver(pick, 'once');
    else if (what === 'deliver twice') world.deliver(pick, 'twice');
    else if (what === 'drop') world.deliver(pick, 'never');
    else if (what === 'disconnect') world.disconnect();
    else if (what === 'reconnect') world.reconnect();
    else if (what === 'end feed') world.endFeed();
    else if (what === 'subscribe') world.subscribe();
    else if (what === 'succeed') world.finish(pick, true);
    else if (what === 'fail') world.finish(pick, false);
    else if (what === 'restart') world.restart(pick % 2 === 0);
    else if (what === 'new epoch') {
      world.newEpoch(pick);
      // Most often the client is back before anything else happens: what was under way meets the reset.
      if (pick % 4 > 0) world.reconnect();
    } else if (what === 'purge') world.purge();
  }
}

/** Runs the steps, lets everything come to rest, then lets one more entry arrive, which uncovers any gap left. */
function runAndSettle(steps: readonly Step[], world: SyncWorld): void {
  run(steps, world);
  world.settle();
  world.append(1);
  world.settle();
}

describe('the sync core, against any network and any local store', () => {
  it('applies every entry exactly once, in order, and ends where the server is', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...calm), { maxLength: 120, size: 'max' }), (steps) => {
        const world = new SyncWorld({ queue: 10, batch: 4 });
        world.settle();
        const before = world.local.snapshot;
        runAndSettle(steps, world);
        // No reset: the first snapshot is the only one, and all that came after it is there once.
        expect(world.local.snapshot).toBe(before);
        expect(world.local.applied.map((entry) => entry.seq)).toEqual(
          world.entries.slice(before).map((entry) => entry.seq),
        );
        expect(world.state.cursor).toBe(world.head);
        world.disconnect();
        world.settle();
        expect(world.reports.at(-1)?.type).toBe('live');
      }),
      { numRuns: schedulesOf('syncCore'), seed: 7 },
    );
  });

  it('rebuilds on a reset, never mixes epochs, and ends where the server is', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...wild), { maxLength: 120, size: 'max' }), (steps) => {
        const world = new SyncWorld({ queue: 10, batch: 4 });
        // Half of them begin with a device that has synced before.
        if (steps.length % 2 === 0) world.settle();
        runAndSettle(steps, world);
        expect(world.local.epoch).toBe(world.epoch);
        expect(world.local.snapshot + world.local.applied.length).toBe(world.head);
        expect(world.state.cursor).toBe(world.head);
        expect(world.state.queue).toEqual([]);
        expect(world.local.partial).toBe(false);
        expect(world.local.cursor).not.toBeNull();
      }),
      { numRuns: schedulesOf('syncCore'), seed: 7 },
    );
  });
});
