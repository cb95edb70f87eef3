import { expect, test } from 'vitest';
import { BatchRows } from '../src/batch-rows.ts';

test('a batch that was too large halves the bound, which grows by a tenth with each large one that is stored', () => {
  const rows = new BatchRows(1_000);
  rows.stored(1_000);
  expect(rows.now).toBe(1_000);
  rows.tooMany(600);
  expect(rows.now).toBe(300);
  rows.stored(300);
  expect(rows.now).toBe(330);
  // Small ones say nothing about larger ones.
  rows.stored(100);
  expect(rows.now).toBe(330);
  for (let n = 0; n < 20; n += 1) rows.stored(rows.now);
  expect(rows.now).toBe(1_000);
});

test('a part that was too large as well lowers it further, and it ends at one row', () => {
  const rows = new BatchRows(1_000);
  rows.tooMany(100);
  rows.tooMany(1_000);
  expect(rows.now).toBe(50);
  rows.tooMany(1);
  expect(rows.now).toBe(1);
  rows.stored(1);
  expect(rows.now).toBe(2);
});
