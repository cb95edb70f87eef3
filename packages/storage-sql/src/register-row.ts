import type { Register, RegisterKey } from '@tidemark/core';
import type { Row, RowShape } from './row-set.ts';

const KEY_SHAPE = {
  conversation_id: 'id',
  target_seq: 'int',
  name: 'id',
  register_key: 'id',
  owner: 'id',
} as const satisfies RowShape;

/** Columns of the key, in which sets of keys are passed. */
export const REGISTER_KEY_SHAPE: RowShape = KEY_SHAPE;
export const REGISTER_KEY = Object.keys(KEY_SHAPE);
export const REGISTER_SHAPE: RowShape = { ...KEY_SHAPE, value: 'text', seq: 'int' };

export interface RegisterRow {
  readonly conversation_id: string;
  readonly target_seq: number;
  readonly name: string;
  /** With `%` before the bytes of what is not ASCII, as in an address: ids are. */
  readonly register_key: string;
  readonly owner: string;
  /** JSON text, so that every string comes back equal. */
  readonly value: string;
  readonly seq: number;
}

export function toRegisterKeyRow({ conversationId, target, name, key, owner }: RegisterKey): Row {
  return {
    conversation_id: conversationId,
    target_seq: target,
    name,
    register_key: encodeURIComponent(key),
    owner: owner ?? '',
  };
}

export function toRegisterRow(register: Register): Row {
  const { value, seq } = register;
  return { ...toRegisterKeyRow(register), value: JSON.stringify(value), seq };
}

export function fromRegisterRow(row: RegisterRow): Register {
  return {
    conversationId: row.conversation_id,
    target: row.target_seq,
    name: row.name,
    key: decodeURIComponent(row.register_key),
    owner: row.owner === '' ? null : row.owner,
    value: JSON.parse(row.value),
    seq: row.seq,
  } as Register;
}
