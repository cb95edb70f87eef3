import { expect, test } from 'vitest';
import { CONTROLS } from './controls.ts';
import { mqttOnAedes } from './mqtt-control.ts';
import { runControl } from './run-control.ts';
import { SCENARIOS } from './scenarios.ts';
import { socketIo } from './socket-io-control.ts';

for (const control of CONTROLS) {
  test(`without faults the checker finds nothing wrong with ${control.name}`, async () => {
    const verdict = await runControl(control, SCENARIOS.none);
    expect(verdict.violations).toEqual([]);
    expect(verdict).toMatchObject({ unknown: 0, lost: 0, duplicated: 0, outOfOrder: 0, faults: {} });
    expect(verdict.acknowledged).toBeGreaterThanOrEqual(300);
    expect(verdict.invariants).toMatchObject({ reach: 'pass', 'visible-once': 'pass', 'one-order': 'pass' });
  });
}

for (const [control, scenario, kinds] of [
  // Who was connected to a server that died is a stranger to the next one.
  [socketIo, SCENARIOS.serverKilled, { 'kill-server': 2 }],
  // Sessions and their place in the stream are in Redis alone.
  [socketIo, SCENARIOS.redisFlushed, { 'devices-offline': 1, 'redis-flush': 1 }],
  // So are messages that wait for a device.
  [mqttOnAedes, SCENARIOS.redisFlushed, { 'devices-offline': 1, 'redis-flush': 1 }],
] as const) {
  test(`the checker finds what ${control.name} loses: ${scenario.about}`, async () => {
    const verdict = await runControl(control, scenario);
    expect(verdict.faults).toEqual(kinds);
    // At least two messages of each of six conversations are sent while devices are away.
    expect(verdict.lost).toBeGreaterThan(10);
    expect(verdict.invariants.reach).toBe('fail');
    expect(verdict.invariants['no-phantom']).toBe('pass');
    const loss = verdict.violations.find(({ invariant }) => invariant === 'reach');
    expect(loss?.sentence).toMatch(/^message d-\w+-\w+-\d+ .* was acknowledged to \w+\/1, and is missing at /);
    expect(loss?.records[0]?.type).toBe('ok');
  });
}
