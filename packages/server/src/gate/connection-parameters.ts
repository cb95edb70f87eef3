import type { IncomingMessage } from 'node:http';
import { TidemarkError } from '@tidemark/core';

/** What a client says of itself in its first frame; null where it says nothing. */
export type ConnectionParameters = Record<string, string> | null;

/** Whether the upgrade request announces that the first frame holds parameters, as tRPC's clients do. */
export function announcesParameters({ url = '/' }: IncomingMessage): boolean {
  const start = url.indexOf('?');
  return start >= 0 && new URLSearchParams(url.slice(start)).get('connectionParams') === '1';
}

/** Reads `{"method":"connectionParams","data":…}`, whose data is null or an object of strings. Throws `invalid_input`. */
export function parseParameters(frame: Buffer): ConnectionParameters {
  const { method, data } = parseObject(frame);
  if (method !== 'connectionParams') throw invalid('must be connectionParams in the first frame', 'method');
  if (data === null) return null;
  if (!isObject(data) || !Object.values(data).every((value) => typeof value === 'string')) {
    throw invalid('must be null or an object of strings', 'data');
  }
  return data as Record<string, string>;
}

function parseObject(frame: Buffer): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame.toString());
  } catch (cause) {
    throw new TidemarkError('invalid_input', 'must be JSON', { field: 'connectionParams', cause });
  }
  if (!isObject(parsed)) throw invalid('must be an object', 'connectionParams');
  return parsed;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(rule: string, field: string): TidemarkError {
  return new TidemarkError('invalid_input', rule, { field });
}
