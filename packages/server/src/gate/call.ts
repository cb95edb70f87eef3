import { TidemarkError } from '@tidemark/core';

/** Characters of a request's id: it is kept, and echoed in every frame of a subscription. */
const ID_LENGTH = 128;
/** Characters of a procedure's path, which an error echoes. */
const PATH_LENGTH = 256;
/** Characters of the event id from which a tracked subscription resumes. */
const EVENT_ID_LENGTH = 1_024;

export type RequestId = string | number;

/** A message of tRPC's protocol from a client, checked but for its input. */
export interface Call {
  readonly id: RequestId;
  readonly jsonrpc?: '2.0';
  readonly method: 'query' | 'mutation' | 'subscription';
  readonly params: { readonly path: string; readonly lastEventId?: string; input?: unknown };
}

/** The id to answer with: null where it is none that may be echoed. */
export function requestIdOf(message: unknown): RequestId | null {
  const id: unknown = isObject(message) ? message['id'] : undefined;
  return isRequestId(id) ? id : null;
}

/** The end of a subscription, which has no answer of its own. */
export function isStop(message: unknown): boolean {
  return isObject(message) && message['method'] === 'subscription.stop' && isRequestId(message['id']);
}

/** Throws `invalid_input` that names the member and its rule. */
export function checkCall(message: unknown): asserts message is Call {
  if (!isObject(message)) throw invalid('must be an object', 'message');
  const { id, jsonrpc, method, params } = message;
  if (!isRequestId(id)) throw invalid(`must be a number, or a string of at most ${ID_LENGTH} characters`, 'id');
  if (jsonrpc !== undefined && jsonrpc !== '2.0') throw invalid('must be "2.0" or absent', 'jsonrpc');
  if (method !== 'query' && method !== 'mutation' && method !== 'subscription') {
    throw invalid('must be query, mutation, subscription or subscription.stop', 'method');
  }
  if (!isObject(params)) throw invalid('must be an object', 'params');
  if (!isText(params['path'], PATH_LENGTH)) {
    throw invalid(`must be a string of at most ${PATH_LENGTH} characters`, 'params.path');
  }
  if (params['lastEventId'] !== undefined && !isText(params['lastEventId'], EVENT_ID_LENGTH)) {
    throw invalid(`must be a string of at most ${EVENT_ID_LENGTH} characters`, 'params.lastEventId');
  }
}

function invalid(rule: string, field: string): TidemarkError {
  return new TidemarkError('invalid_input', rule, { field });
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'number' || isText(id, ID_LENGTH);
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
