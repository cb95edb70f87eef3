// Prints the result of a test run as one plain line, 'N passed, N failed, N skipped', counted from Vitest's own JSON
// report. Exits with 1 when a test or a file failed, or when no test ran.
//
//   node scripts/closing-line.mjs REPORT.json
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap((file) => file.assertionResults);
const count = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;

const passed = count('passed');
// A file that broke before its first test has no test to count, yet it failed.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = count('failed') + brokenFiles;
const skipped = tests.length - passed - count('failed');

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || passed === 0 || !report.success) process.exitCode = 1;
