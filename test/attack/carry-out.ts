import { setTimeout as sleep } from 'node:timers/promises';
import { type Attack, faultsOf, type Outcome } from './attack.ts';
import { Attacker } from './attacker.ts';
import { Bystander, type Felt } from './bystander.ts';
import type { Attacked } from './start-attacked.ts';

/** How an attack went. */
export interface Report {
  /** What is not as it must be; empty when all is well. */
  readonly faults: readonly string[];
  readonly outcome: Outcome | undefined;
  readonly felt: Felt | undefined;
  /** CPU milliseconds of the server, and those that it may use on this machine. */
  readonly cpuMs: number;
  readonly cpuLimitMs: number;
  readonly memoryMb: number;
}

let number = 0;

/**
 * Attacks the server while a bystander uses it. The attack ends with its outcome, or unfinished when the patience is over;
 * a bystander that is not served by then is a fault.
 */
export async function carryOut(attack: Attack, attacked: Attacked, patienceMs: number): Promise<Report> {
  using attacker = new Attacker(attacked, attack.target, number++);
  using friend = new Attacker(attacked, attack.target, number++);
  const late = () => sleep(patienceMs, undefined, { ref: false });
  await attacked.collect();
  const bystander = await Bystander.start(friend, attack.target.messaging?.worker === false ? 'asks' : undefined);
  const before = await attacked.usage();
  const outcome = await Promise.race([attack.send(attacker), late()]);
  const felt = await Promise.race([bystander.stop(), late()]);
  const after = await attacked.usage().catch(() => undefined);

  const cpuMs = Math.round((after?.cpuMs ?? Number.POSITIVE_INFINITY) - before.cpuMs);
  const cpuLimitMs = Math.round(attack.cost.cpuMs * attacked.slowness);
  const memoryMb = Math.round((after?.peakMb ?? Number.POSITIVE_INFINITY) - before.rssMb);
  const faults = [
    ...(attacked.hasEnded ? ['the server process has ended'] : []),
    ...(outcome ? faultsOf(attack, outcome) : [`it was not over within ${patienceMs} ms`]),
    ...(felt ? [] : [`a bystander was not served within ${patienceMs} ms`]),
    ...(felt && felt.refused > 0 ? [`${felt.refused} calls of a bystander were refused`] : []),
    ...(cpuMs > cpuLimitMs ? [`it cost ${cpuMs} ms of CPU, may cost ${cpuLimitMs}`] : []),
    ...(memoryMb > attack.cost.memoryMb ? [`it took ${memoryMb} MB, may take ${attack.cost.memoryMb}`] : []),
  ];
  return { faults, outcome, felt, cpuMs, cpuLimitMs, memoryMb };
}
