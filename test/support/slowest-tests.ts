import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 15;
/** Tests faster than this are nobody's concern, in ms. */
const WORTH_SHOWING_MS = 1_000;

/** Prints the slowest tests of a run, slowest first, with the file and the seconds of each. */
// biome-ignore lint/style/noDefaultExport: Vitest loads a reporter by its default export
export default class SlowestTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const slowest = modules
      .flatMap((module) => [...module.children.allTests()])
      .map((test) => ({ test, ms: test.diagnostic()?.duration ?? 0 }))
      .filter(({ ms }) => ms >= WORTH_SHOWING_MS)
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SHOWN);
    if (slowest.length === 0) return;
    const lines = slowest.map(
      ({ test, ms }) =>
        `${(ms / 1_000).toFixed(1).padStart(7)} s  ${test.project.name}  ${test.module.relativeModuleId} › ${test.fullName}`,
    );
    process.stdout.write(`\nSlowest tests:\n${lines.join('\n')}\n`);
  }
}
