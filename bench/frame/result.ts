import type { ConfigName } from './configs.ts';
import type { Machine } from './machine.ts';
import { median } from './percentiles.ts';

/** The name of our own system in every row. */
export const TIDEMARK = 'tidemark';

/** One figure of one system over all repetitions. */
export interface Row {
  readonly system: string;
  readonly metric: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Messages acknowledged and never seen by a receiver, over all repetitions; null where nothing is delivered. */
  readonly lost: number | null;
  /** Deliveries of a message to a receiver that had it already; null where nothing is delivered. */
  readonly duplicated: number | null;
}

export interface BenchResult {
  readonly name: string;
  readonly config: ConfigName;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly commit: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** What a receiver counted. */
export interface Deliveries {
  readonly lost: number;
  readonly duplicated: number;
}

interface Samples {
  readonly system: string;
  readonly metric: string;
  readonly unit: string;
  readonly values: number[];
  lost: number | null;
  duplicated: number | null;
}

/** Collects what repetitions measured, and makes a row of each metric of each system, metrics in order of first mention. */
export class Measurements {
  readonly #samples = new Map<string, Samples>();

  /** One repetition's value. What was lost and duplicated adds up. A value that isn't a number is a defect of the bench. */
  add(system: string, metric: string, unit: string, value: number, deliveries?: Deliveries): void {
    if (!Number.isFinite(value)) throw new RangeError(`${metric} of ${system} is ${value}`);
    const key = `${metric}\n${system}`;
    const samples = this.#samples.get(key) ?? { system, metric, unit, values: [], lost: null, duplicated: null };
    this.#samples.set(key, samples);
    samples.values.push(value);
    if (!deliveries) return;
    samples.lost = (samples.lost ?? 0) + deliveries.lost;
    samples.duplicated = (samples.duplicated ?? 0) + deliveries.duplicated;
  }

  rows(): Row[] {
    const all = [...this.#samples.values()];
    const metrics = [...new Set(all.map(({ metric }) => metric))];
    return metrics
      .flatMap((metric) => all.filter((each) => each.metric === metric))
      .map(({ values, ...row }) => ({
        system: row.system,
        metric: row.metric,
        unit: row.unit,
        median: median(values),
        min: Math.min(...values),
        max: Math.max(...values),
        lost: row.lost,
        duplicated: row.duplicated,
      }));
  }
}
