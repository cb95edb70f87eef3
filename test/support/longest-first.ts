import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Folders whose files take long, longest first, so that no worker is left with one of them when the others have nothing to do.
 * A new machine has no times of earlier runs, and Vitest then goes by the size of a file, which says little of its time.
 */
const LONG = ['test/verify/', 'test/attack/', 'test/browser/', 'test/fault/', 'test/e2e/', 'test/'];

/** The long ones first, and each kind as Vitest would have it. */
// biome-ignore lint/style/noDefaultExport: as Vitest's own are
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const path = moduleId.slice(this.ctx.config.root.length + 1);
      const rank = LONG.findIndex((folder) => path.startsWith(folder));
      return rank === -1 ? LONG.length : rank;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
