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
  ['retention', { db, retention: 0 }],
  ['retention', { db, retention: 1.5 }],
  ['retention', { db, retention: Number.POSITIVE_INFINITY }],
  ['collectionPrefix', { db, collectionPrefix: 'a.b$' }],
  ['collectionPrefix', { db, collectionPrefix: 'x'.repeat(65) }],
])('a wrong %s is refused with an error that names it', (field, options) => {
  const attempt = () => mongoInbox(options);
  expect(attempt).toThrow(TidemarkError);
  expect(attempt).toThrow(`invalid_input [${field}]`);
});
