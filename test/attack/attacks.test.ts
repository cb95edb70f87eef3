import { afterAll, expect, test } from 'vitest';
import { AttackedServers } from './attacked-servers.ts';
import { ATTACKS } from './attacks.ts';
import { carryOut } from './carry-out.ts';

/** Ends early on success; what an attack may cost is counted in CPU, which does not depend on who else uses the machine. */
const PATIENCE_MS = 120_000;

const servers = new AttackedServers();
afterAll(() => servers[Symbol.asyncDispose]());

test.each(ATTACKS.map((attack) => [attack.name, attack.who, attack] as const))(
  'nobody is harmed by %s, from %s',
  async (_name, _who, attack) => {
    const report = await carryOut(attack, await servers.of(attack.target), PATIENCE_MS);
    expect(report.faults).toEqual([]);
  },
  2 * PATIENCE_MS,
);
