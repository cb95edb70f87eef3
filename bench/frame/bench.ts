import type { ConfigName } from './configs.ts';
import type { Row } from './result.ts';

/** What one run was asked for, and where it tells of itself. */
export interface BenchContext {
  readonly config: ConfigName;
  /** Whether the systems that Tidemark is compared with run beside it. */
  readonly peers: boolean;
  /** A look at whether it works: a repetition or two of a second or less. Its figures say little. */
  readonly quick: boolean;
  /** Of progress; goes to standard error. */
  log(line: string): void;
  /** What a reader of the figures must know; printed below the table and kept in the JSON. Said twice, it is kept once. */
  note(line: string): void;
}

/** A bench: it starts what it needs, measures, ends all of it, and is over within minutes. */
export interface Bench {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** The configurations it says something on; the first is the one that is run when none is named. */
  readonly configs: readonly ConfigName[];
  run(context: BenchContext): Promise<readonly Row[]>;
}
