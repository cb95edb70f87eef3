export { newEpoch } from '@tidemark/core';
export type {
  MongoCollection,
  MongoCursor,
  MongoDb,
  MongoDocument,
  MongoFind,
  MongoIndex,
  MongoReadWrite,
  MongoUpdate,
} from './mongo-db.ts';
export { DEFAULT_RETENTION_MS, type MongoInboxOptions, mongoInbox } from './mongo-inbox.ts';
