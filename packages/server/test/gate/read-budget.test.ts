import { expect, test } from 'vitest';
import { ReadBudget } from '../../src/gate/read-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';

function openBudget() {
  const clock = new ManualClock();
  return { clock, budget: new ReadBudget(clock, { readBytesPerSecond: 1_000 }) };
}

test('four seconds of bytes may come at once; then reading waits for as long as the rest takes', () => {
  const { budget } = openBudget();
  expect(budget.take('alice', 4_000)).toBe(0);
  expect(budget.take('alice', 500)).toBe(500);
  expect(budget.take('alice', 500)).toBe(1_000);
});

test('what is read at the average never waits', async () => {
  const { clock, budget } = openBudget();
  for (let second = 0; second < 20; second++) {
    expect(budget.take('alice', 1_000)).toBe(0);
    await clock.advance(1_000);
  }
  expect(budget.take('alice', 4_000)).toBe(0);
});

test('the bytes of one user are nobody else’s', () => {
  const { budget } = openBudget();
  const socket = {};
  expect(budget.take('alice', 100_000)).toBe(96_000);
  expect(budget.take('bob', 4_000)).toBe(0);
  expect(budget.take(socket, 4_000)).toBe(0);
  expect(budget.take(socket, 1)).toBe(1);
});
