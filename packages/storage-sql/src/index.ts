export { type Row, type RowSet, type RowShape, rowsAsColumns, rowsAsJson } from './row-set.ts';
export { type ColumnType, type TableName, type TableSpec, SCHEMA, TABLE_PREFIX } from './schema.ts';
export { SqlDatabase, type SqlDatabaseOptions } from './sql-database.ts';
export { type SqlDialect, type SqlErrorClass, errorField, isNetworkError } from './sql-dialect.ts';
export { sqlHistory } from './sql-history.ts';
export { sqlInbox } from './sql-inbox.ts';
export { sqlStorage } from './sql-storage.ts';
export { type WriteStrategy, writeInOneStatement, writeInTransaction } from './write.ts';
