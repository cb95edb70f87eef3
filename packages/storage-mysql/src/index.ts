export { newEpoch } from '@tidemark/core';
export type {
  MysqlCallback,
  MysqlConnection,
  MysqlPool,
  MysqlPromisePool,
  MysqlQuery,
  MysqlValue,
} from './mysql-pool.ts';
export { type MysqlOptions, mysqlHistory, mysqlInbox, mysqlStorage } from './mysql-storage.ts';
