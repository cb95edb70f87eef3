import { TidemarkError } from '@tidemark/core';
import { expect, test } from 'vitest';
import { type MongoDb, mongoInbox } from '../src/index.ts';

const db: MongoDb = {
  collection: () => {
    throw new Error('not reached before open');
  },
};

test.each([
  ['db', { db: {} as MongoDb }],
  ['db', { db: undefined as unknown as MongoDb }],
  ['retentionMs', { db, retentionMs: 0 }],
  ['retentionMs', { db, retentionMs: 1.5 }],
  ['retentionMs', { db, retentionMs: Number.POSITIVE_INFINITY }],
  ['retention', { db, retention: 1_000 }],
  ['collectionPrefix', { db, collectionPrefix: 'a.b$' }],
  ['collectionPrefix', { db, collectionPrefix: 'x'.repeat(65) }],
])('a wrong %s is refused with an error that names it', (field, options) => {
  const attempt = () => mongoInbox(options);
  expect(attempt).toThrow(TidemarkError);
  expect(attempt).toThrow(`invalid_input [${field}]`);
});
