import { expect, test } from 'vitest';
import type { PlantedBug } from './planted-bug.ts';
import { type PlantedOutcome, type PlantedRun, runPlanted } from './run-planted.ts';

/** Nothing is to be caught there, so slowness is no finding. */
const CONTROL_QUIESCE_SECONDS = 60;

/** One test per bug: the invariants that should find it do. */
export function testThatCaught(bugs: readonly PlantedBug[]): void {
  test.each(bugs.map((bug) => [bug.name, bug] as const))('the checker catches %s', async (_, bug) => {
    const outcome = await runPlanted(bug);
    expect(outcome.failing, told(outcome)).toEqual(expect.arrayContaining([...bug.caughtBy]));
  });
}

/** The same runs without a bug: what they are caught by is due to the bugs. */
export function testThatPasses(
  controls: readonly (Omit<PlantedRun, 'seams' | 'changes'> & { readonly name: string })[],
): void {
  test.each(controls.map((control) => [control.name, control] as const))(
    'nothing is caught without a bug: %s',
    async (_, control) => {
      const outcome = await runPlanted({ ...control, quiesceSeconds: CONTROL_QUIESCE_SECONDS });
      expect(outcome.sentences).toEqual([]);
      expect(outcome.acknowledged).toBeGreaterThan(0);
      expect(Object.keys(outcome.faults).sort()).toEqual([...control.faults].sort());
    },
  );
}

function told({ sentences, faults, acknowledged, seconds }: PlantedOutcome): string {
  const found = sentences.length > 0 ? sentences.slice(0, 20).join('\n') : 'nothing was found';
  return `${seconds.toFixed(0)} s, ${acknowledged} acknowledged, faults ${JSON.stringify(faults)}\n${found}`;
}
