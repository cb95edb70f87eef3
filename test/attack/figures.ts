/**
 * `npm run figures:attack`: what each attack costs a server of its own, and what a bystander feels. `-- --json` prints a
 * line of JSON for each, `-- --only WORDS` those whose name holds the words, `-- --patience SECONDS` when to give one up (30).
 */
import { parseArgs } from 'node:util';
import { ATTACKS } from './attacks.ts';
import { carryOut } from './carry-out.ts';
import { startAttacked } from './start-attacked.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    patience: { type: 'string', default: '30' },
  },
});

for (const attack of ATTACKS.filter(({ name }) => name.includes(values.only))) {
  await using server = await startAttacked(attack.target);
  const report = await carryOut(attack, server, Number(values.patience) * 1_000);
  if (values.json) process.stdout.write(`${JSON.stringify({ name: attack.name, who: attack.who, ...report })}\n`);
  const { cpuMs, memoryMb, felt, faults } = report;
  const bystander = felt ? `median ${felt.medianMs} ms, longest ${felt.maxMs} ms` : 'not served';
  process.stderr.write(`${attack.name}\n  ${cpuMs} ms CPU, ${memoryMb} MB; bystander: ${bystander}\n`);
  for (const fault of faults) process.stderr.write(`  ! ${fault.slice(0, 1_000)}\n`);
}
// An attack that was given up may still wait for its answer.
process.exit();
