import type { Document } from 'mongodb';
import type pg from 'pg';
import { COMMAND_NOT_FOUND, CommandError, NAMESPACE_NOT_FOUND } from './command-error.ts';
import { bytesOf, type Engine } from './engine.ts';
import { encode, type Request } from './wire.ts';

/** A command as it reaches its handler. */
export interface Call {
  readonly engine: Engine;
  /** The driver's connection. */
  readonly connectionId: number;
  /** The transaction that the command is part of. */
  readonly client: pg.PoolClient | undefined;
  readonly request: Request;
  readonly database: string;
  /** The collection, for commands that name one. */
  readonly target: string;
  /** Identifies a retryable write, so that the engine carries it out once. */
  readonly writeId: string | null;
}

type Handler = (call: Call) => Promise<Buffer | Document> | Buffer | Document;

const OK = { ok: 1 };

const write =
  (command: string, sequence: string): Handler =>
  ({ engine, client, request, database, writeId }) =>
    engine.write(client, command, [database, request.bodyBytes, request.sequences.get(sequence) ?? null, writeId]);

const page =
  (name: string): Handler =>
  ({ engine, connectionId, client, request, database }) =>
    engine.firstPage(connectionId, client, `${name}_cursor_first_page`, [database, request.bodyBytes]);

/** A statement that takes database and body, and returns the reply in its only column. */
const statement =
  (
    text: string,
    parameters: (call: Call) => (string | Buffer)[] = (call) => [call.database, call.request.bodyBytes],
  ): Handler =>
  async (call) => {
    const row = await call.engine.row(call.client, text, parameters(call));
    return bytesOf(Object.values(row)[0]);
  };

const HANDLERS: Readonly<Record<string, Handler>> = {
  ping: () => OK,
  endSessions: () => OK,
  refreshSessions: () => OK,
  buildInfo: () => ({ version: '7.0.0', versionArray: [7, 0, 0, 0], maxBsonObjectSize: 16 * 1024 * 1024, ok: 1 }),

  insert: write('insert', 'documents'),
  update: write('update', 'updates'),
  delete: write('delete', 'deletes'),
  findAndModify: async ({ engine, client, request, database, writeId }) => {
    const text = 'SELECT p_result FROM documentdb_api.find_and_modify($1, $2, $3)';
    return bytesOf((await engine.row(client, text, [database, request.bodyBytes, writeId])).p_result);
  },

  find: page('find'),
  aggregate: page('aggregate'),
  listCollections: page('list_collections'),
  listIndexes: page('list_indexes'),
  getMore: ({ engine, request, database }) =>
    engine.nextPage(String(request.body.getMore), [database, request.bodyBytes]),
  killCursors: ({ engine, request }) => {
    const killed: unknown[] = [];
    const unknown: unknown[] = [];
    for (const id of request.body.cursors as unknown[]) (engine.closeCursor(String(id)) ? killed : unknown).push(id);
    return { cursorsKilled: killed, cursorsNotFound: unknown, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
  },
  count: statement('SELECT document FROM documentdb_api.count_query($1, $2)'),
  distinct: statement('SELECT document FROM documentdb_api.distinct_query($1, $2)'),

  create: statement('SELECT documentdb_api.create_collection_view($1, $2)'),
  createIndexes: statement('SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2, true)'),
  dropIndexes: statement('CALL documentdb_api.drop_indexes($1, $2)'),
  collMod: statement('SELECT documentdb_api.coll_mod($1, $2, $3)', (call) => [
    call.database,
    call.target,
    call.request.bodyBytes,
  ]),
  listDatabases: statement('SELECT documentdb_api.list_databases($1)', (call) => [call.request.bodyBytes]),
  drop: async ({ engine, client, database, target }) => {
    const row = await engine.row(client, 'SELECT documentdb_api.drop_collection($1, $2)', [database, target]);
    if (Object.values(row)[0] !== 't') throw new CommandError(NAMESPACE_NOT_FOUND, 'ns not found');
    return { ns: `${database}.${target}`, ok: 1 };
  },
  dropDatabase: async ({ engine, client, database }) => {
    await engine.row(client, 'SELECT documentdb_api.drop_database($1)', [database]);
    return { dropped: database, ok: 1 };
  },

  /** Postgres's own plan, for `find` and `aggregate`. */
  explain: async ({ engine, client, request, database }) => {
    const explained = request.body.explain as Document;
    const kind = Object.keys(explained)[0];
    if (kind !== 'find' && kind !== 'aggregate') throw new CommandError(COMMAND_NOT_FOUND, `cannot explain ${kind}`);
    const text = `EXPLAIN (FORMAT JSON) SELECT document FROM documentdb_api_catalog.bson_aggregation_${kind}($1, $2)`;
    const row = await engine.row(client, text, [database, encode(explained)]);
    return { queryPlanner: (JSON.parse(String(Object.values(row)[0])) as Document[])[0], ok: 1 };
  },
};

/** Some drivers send the older spelling of a name, all in lower case. */
const BY_NAME = new Map(
  Object.entries(HANDLERS).flatMap(([name, handler]) => [
    [name, handler],
    [name.toLowerCase(), handler],
  ]),
);

export async function carryOut(name: string, call: Call): Promise<Buffer | Document> {
  const handler = BY_NAME.get(name);
  if (!handler) throw new CommandError(COMMAND_NOT_FOUND, `no such command: '${name}'`);
  return handler(call);
}
