import pg from 'pg';

/** An error as MongoDB states it: a number that drivers act on, its name, and labels that say what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: number;
  readonly labels: readonly string[];

  constructor(code: number, message: string, labels: readonly string[] = []) {
    super(message);
    this.code = code;
    this.labels = labels;
  }

  get codeName(): string {
    return NAMES[this.code] ?? `Location${this.code}`;
  }
}

const INTERNAL_ERROR = 1;
export const CURSOR_NOT_FOUND = 43;
export const NAMESPACE_NOT_FOUND = 26;
export const COMMAND_NOT_FOUND = 59;
const SHUTDOWN_IN_PROGRESS = 91;
export const WRITE_CONFLICT = 112;
export const NO_SUCH_TRANSACTION = 251;
const DUPLICATE_KEY = 11_000;

export const TRANSIENT = ['TransientTransactionError'];

const NAMES: Readonly<Record<number, string>> = {
  1: 'InternalError',
  2: 'BadValue',
  9: 'FailedToParse',
  14: 'TypeMismatch',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  68: 'IndexAlreadyExists',
  72: 'InvalidOptions',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  91: 'ShutdownInProgress',
  112: 'WriteConflict',
  115: 'CommandNotSupported',
  121: 'DocumentValidationFailure',
  251: 'NoSuchTransaction',
  11000: 'DuplicateKey',
};

/** SQLSTATEs of the DocumentDB engine, and of Postgres where it has a counterpart. */
const CODES: Readonly<Record<string, number>> = {
  ...{ M0000: 1, M0001: 2, M0003: 9, M0004: 14, M0005: 15, M0006: 20, M0008: 26, M0009: 27, M000A: 28, M000D: 40 },
  ...{ M000E: 43, M000F: 48, M000M: 66, M000N: 67, M000O: 68, M000P: 72, M000Q: 73, M000R: 85, M000S: 86, M000U: 115 },
  ...{ M0012: 197, M0016: 263, M001B: 10_334, M001C: DUPLICATE_KEY, M00CO: 121, M00EX: 50, M00EY: 59 },
  ...{ M00F1: WRITE_CONFLICT, '40001': WRITE_CONFLICT, '40P01': WRITE_CONFLICT, '55P03': WRITE_CONFLICT },
  ...{ '23505': DUPLICATE_KEY, '23P01': DUPLICATE_KEY },
};

/** Reads an error of the Postgres driver; one without a SQLSTATE says that the server is gone. */
export function commandErrorOf(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof pg.DatabaseError)) {
    return new CommandError(SHUTDOWN_IN_PROGRESS, message, ['RetryableWriteError', ...TRANSIENT]);
  }
  const state = error.code ?? '';
  if (state.startsWith('57P'))
    return new CommandError(SHUTDOWN_IN_PROGRESS, message, ['RetryableWriteError', ...TRANSIENT]);
  const code = codeOf(state);
  if (code === WRITE_CONFLICT) return new CommandError(code, message, TRANSIENT);
  return new CommandError(code, code === DUPLICATE_KEY ? `E11000 duplicate key error: ${message}` : message);
}

export function codeOf(sqlState: string): number {
  return CODES[sqlState] ?? INTERNAL_ERROR;
}

/** The SQLSTATE that the engine packed into the code of a write error: five characters of six bits. */
export function unpackSqlState(packed: number): string {
  return String.fromCharCode(...[0, 6, 12, 18, 24].map((shift) => ((packed >> shift) & 0x3f) + 48));
}
