import type { InvariantName, PlannedFault } from '@tidemark/testkit/verify';
import type { PlantedSeam } from './planted-seams.ts';

/** A line of the sources that a test build has otherwise. The product itself has no switch. */
export interface Change {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** How a test build differs from the sources. */
export interface Difference {
  /** Around the parts that the server is made of; the later ones around the earlier ones. Default none. */
  readonly seams?: readonly PlantedSeam[];
  /** Default none. */
  readonly changes?: readonly Change[];
}

/** What a run meets that no fault brings about. No bug: without one, such a run passes. */
export interface Circumstance extends Difference {
  readonly name: string;
  /** How long inboxes keep their entries then, in ms. */
  readonly retentionMs?: number;
}

/** A bug as others have shipped it, put into a test build to see that the checker finds it. */
export interface PlantedBug extends Difference {
  readonly name: string;
  /** What it does wrong. */
  readonly plants: string;
  readonly circumstance?: Circumstance;
  /** Kinds; none where ordinary traffic is enough. */
  readonly faults: readonly string[];
  /** When they come, and to whom. Drawn at random unless set. */
  readonly plan?: readonly PlannedFault[];
  /** Invariants that fail of it; others may as well. */
  readonly caughtBy: readonly [InvariantName, ...InvariantName[]];
  /** `embedded` unless set. */
  readonly configuration?: string;
  /** Of load. Default 5. */
  readonly seconds?: number;
  /** How long it may take to come to rest. Default 8: what a bug keeps from it need not be waited for longer. */
  readonly quiesceSeconds?: number;
  /** Default 1, beside the new one at the end. */
  readonly devicesPerUser?: number;
}
