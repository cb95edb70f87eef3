export { connectionWarnings } from './connection-warnings.ts';
export { type Row, type RowSet, type RowShape, rowsAsColumns, rowsAsJson } from './row-set.ts';
export { type ColumnType, SCHEMA, TABLE_PREFIX, type TableName, type TableSpec } from './schema.ts';
export { SqlDatabase, type SqlDatabaseOptions } from './sql-database.ts';
export { errorField, isNetworkError, type SqlDialect, type SqlErrorClass, type WriteStrategy } from './sql-dialect.ts';
export { sqlHistory } from './sql-history.ts';
export { sqlInbox } from './sql-inbox.ts';
export { sqlStorage } from './sql-storage.ts';
export { writeInOneStatement, writeInTransaction } from './write.ts';
