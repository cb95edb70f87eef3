import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Document } from 'mongodb';
import { commandErrorOf } from './command-error.ts';
import { carryOut } from './commands.ts';
import { Engine } from './engine.ts';
import { Transactions } from './transactions.ts';
import { cutMessages, encodeReply, parseRequest, type Request } from './wire.ts';

const HOST = '127.0.0.1';
const REPLICA_SET = 'rs0';
const HELLO = new Set(['hello', 'isMaster', 'ismaster']);

/**
 * What speaks MongoDB's protocol in front of the engine: drivers connect to it as to the primary of a replica set of one.
 * It lives in the test's process and shares the fate of the engine: killed, paused and restarted with it.
 */
export class Gateway {
  readonly port: number;
  readonly #engineUrl: string;
  readonly #sockets = new Set<Socket>();
  #engine: Engine;
  #transactions: Transactions;
  #server: Server | undefined;
  #connections = 0;
  #replies = 0;
  #paused = false;

  constructor(port: number, engineUrl: string) {
    this.port = port;
    this.#engineUrl = engineUrl;
    this.#engine = new Engine(engineUrl);
    this.#transactions = new Transactions(this.#engine.pool);
  }

  get url(): string {
    return `mongodb://${HOST}:${this.port}/tidemark?replicaSet=${REPLICA_SET}`;
  }

  async open(): Promise<void> {
    this.#engine = new Engine(this.#engineUrl);
    this.#transactions = new Transactions(this.#engine.pool);
    this.#paused = false;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.listen(this.port, HOST);
    await once(this.#server, 'listening');
  }

  /** Breaks every connection, as the end of the server would. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
    await this.#transactions.failAll();
    await this.#engine.close();
  }

  /** Leaves connections open and answers nothing. */
  pause(): void {
    this.#paused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #accept(socket: Socket): void {
    this.#connections += 1;
    const connectionId = this.#connections;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let received = Buffer.alloc(0);
    let turn = Promise.resolve();
    const [engine, transactions] = [this.#engine, this.#transactions];
    socket.on('close', () => {
      this.#sockets.delete(socket);
      // After what it had asked for: that may begin something too.
      turn = turn.then(async () => {
        engine.closeCursorsOf(connectionId);
        await transactions.failThoseOf(connectionId);
      });
    });
    socket.on('data', (chunk: Buffer) => {
      const { messages, rest } = cutMessages(received.length === 0 ? chunk : Buffer.concat([received, chunk]));
      received = Buffer.from(rest);
      for (const message of messages) {
        // One at a time and in order, as on a connection to a server.
        turn = turn.then(() => this.#serve(socket, connectionId, message)).catch(() => void socket.destroy());
      }
    });
    if (this.#paused) socket.pause();
  }

  async #serve(socket: Socket, connectionId: number, message: Buffer): Promise<void> {
    const request = parseRequest(message);
    const reply = await this.#reply(request, connectionId);
    if (!request.wantsReply || socket.destroyed) return;
    this.#replies += 1;
    socket.write(encodeReply(request, this.#replies, reply));
  }

  async #reply(request: Request, connectionId: number): Promise<Buffer | Document> {
    const name = Object.keys(request.body)[0] ?? '';
    if (request.isHandshake || HELLO.has(name)) return this.#hello(connectionId);
    const session = sessionOf(request.body);
    const inTransaction = session !== undefined && request.body.autocommit === false;
    try {
      if (inTransaction && (name === 'commitTransaction' || name === 'abortTransaction')) {
        await this.#transactions.end(session, request.body, name === 'commitTransaction' ? 'COMMIT' : 'ROLLBACK');
        return { ok: 1 };
      }
      const number = request.body.txnNumber as unknown;
      return await carryOut(name, {
        engine: this.#engine,
        connectionId,
        client: inTransaction ? await this.#transactions.clientFor(session, connectionId, request.body) : undefined,
        request,
        database: String(request.body.$db ?? 'admin'),
        target: String(request.body[name]),
        writeId:
          session !== undefined && number !== undefined && !inTransaction ? `${session}:${String(number)}` : null,
      });
    } catch (cause) {
      if (inTransaction) await this.#transactions.fail(session);
      const error = commandErrorOf(cause);
      const labels = error.labels.length > 0 ? { errorLabels: error.labels } : {};
      return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...labels };
    }
  }

  #hello(connectionId: number): Document {
    const self = `${HOST}:${this.port}`;
    return {
      helloOk: true,
      ismaster: true,
      isWritablePrimary: true,
      secondary: false,
      setName: REPLICA_SET,
      setVersion: 1,
      hosts: [self],
      me: self,
      primary: self,
      maxBsonObjectSize: 16 * 1024 * 1024,
      maxMessageSizeBytes: 48_000_000,
      // The engine's own limit, a quarter of MongoDB's.
      maxWriteBatchSize: 25_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      connectionId,
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
      ok: 1,
    };
  }
}

/** The id of the logical session that a command belongs to. */
function sessionOf(body: Document): string | undefined {
  const id = (body.lsid as { id?: { buffer: Uint8Array } } | undefined)?.id;
  return id === undefined ? undefined : Buffer.from(id.buffer).toString('hex');
}
