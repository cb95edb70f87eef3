import { UnavailableError } from '@tidemark/core';

/**
 * Reads the driver's errors by name, code and label rather than by class: the application's driver may be another copy
 * than the one this package would load.
 */
interface MongoErrorShape {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly errorLabels?: unknown;
  readonly writeErrors?: unknown;
  readonly cause?: unknown;
  /** Of a bulk write, the error it met; of a server's error, the reply. */
  readonly errorResponse?: unknown;
}

const DUPLICATE_KEY = 11_000;

/** Errors of the driver itself that say that no server can be reached, or none for now. */
const UNAVAILABLE_NAMES = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoServerClosedError',
  'MongoStalePrimaryError',
]);

/**
 * Codes of a server that cannot answer for now: unreachable, shutting down, stepping down, recovering, overloaded, out
 * of time or space, or at odds with another writer.
 */
const UNAVAILABLE_CODES = new Set([
  6, 7, 24, 43, 50, 63, 64, 89, 91, 112, 133, 134, 150, 189, 202, 262, 384, 462, 9001, 10_058, 10_107, 11_600, 11_601,
  11_602, 13_388, 13_435, 13_436, 14_031,
]);

/** Of Node's sockets: mongodb 6.6, for one, throws a connection's error as it is. */
const UNAVAILABLE_SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const UNAVAILABLE_LABELS = ['RetryableWriteError', 'TransientTransactionError', 'SystemOverloadedError', 'ResetPool'];

/** Runs a call of the driver; what may pass is thrown as `UnavailableError` with its cause, anything else as it is. */
export async function guard<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw isUnavailable(error) ? unavailable(error) : error;
  }
}

/**
 * Runs a write of many documents. Returns the indexes of those whose unique key was taken: all of them when it is
 * unordered, the first when it is ordered. Any other failure is thrown, as by {@link guard}.
 */
export async function indexesTaken(write: () => Promise<unknown>): Promise<number[]> {
  try {
    await write();
    return [];
  } catch (error) {
    const { name, writeErrors } = error as MongoErrorShape;
    const failures = Array.isArray(writeErrors) ? (writeErrors as { code: unknown; index: number }[]) : [];
    const others = failures.filter((failure) => failure.code !== DUPLICATE_KEY);
    if (others.some(isUnavailable)) throw unavailable(error);
    if (name === 'MongoBulkWriteError' && failures.length > 0 && others.length === 0) {
      return failures.map((failure) => failure.index);
    }
    throw isUnavailable(error) ? unavailable(error) : error;
  }
}

export function isDuplicateKey(error: unknown): boolean {
  return (error as MongoErrorShape | null)?.code === DUPLICATE_KEY;
}

function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code, errorLabels, cause, errorResponse } = error as MongoErrorShape;
  return (
    (typeof name === 'string' && UNAVAILABLE_NAMES.has(name)) ||
    (typeof code === 'number' && UNAVAILABLE_CODES.has(code)) ||
    (typeof code === 'string' && UNAVAILABLE_SOCKET_CODES.has(code)) ||
    (Array.isArray(errorLabels) && UNAVAILABLE_LABELS.some((label) => errorLabels.includes(label))) ||
    isUnavailable(cause) ||
    isUnavailable(errorResponse)
  );
}

function unavailable(cause: unknown): UnavailableError {
  return new UnavailableError(`MongoDB is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
