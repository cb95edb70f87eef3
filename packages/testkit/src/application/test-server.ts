import type { IncomingMessage } from 'node:http';
import { UNAUTHENTICATED_CLOSE_CODE, type WebSocketClass } from '@tidemark/client';
import { parseErrorText, type TidemarkError } from '@tidemark/core';
import type { AnyTRPCRouter, inferRouterContext, TRPCError } from '@trpc/server';
import { type CreateWSSContextFnOptions, getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { CallFaults } from './call-faults.ts';
import { type Dial, memorySocketClass, type ServerEnd } from './memory-socket.ts';
import { createTestDevice, type TestDevice, type TestDeviceOptions } from './test-device.ts';

/** What the gate of `attach` closes a socket with whose `createContext` failed for another reason than identity. */
const CONTEXT_FAILED = 4500;
const GOING_AWAY = 1012;

/** The application under test, as its own start makes it, but for the HTTP server. */
export interface TestApplication<Router extends AnyTRPCRouter> {
  /** What `createMessaging` returned. */
  readonly messaging: { ready(): Promise<void>; close(): Promise<void> };
  /** The application's router, with messaging's procedures in it. */
  readonly router: Router;
  /** As for `messaging.attach`. The request that it is given has a URL and no headers. */
  readonly createContext: (
    options: CreateWSSContextFnOptions,
  ) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;
}

export interface TestServerOptions {
  /** The token with which a user's devices connect. Default: the user's id. */
  readonly tokenOf?: (userId: string) => string;
}

export interface TestServer<Router extends AnyTRPCRouter> extends AsyncDisposable {
  /** A device of that user, connected by tRPC's own WebSocket protocol over objects in this process. */
  device(userId: string, options?: TestDeviceOptions): TestDevice<Router>;
  /** For code of the application's own that connects: `createConnection({ url: 'ws://test', WebSocket: server.WebSocket })`. */
  readonly WebSocket: WebSocketClass;
  /** Sockets connected now. */
  readonly connections: number;

  /**
   * The next mutation is carried out, its answer is lost, and the socket with it: its device does not know what came of it.
   * Resolves when that has happened.
   *
   * @param path of the mutation, such as `send` or `chat.send`; default: any
   */
  loseAnswer(path?: string): Promise<void>;

  /**
   * Answers calls with this error, without carrying them out, until the function that it returns is called. What is
   * subscribed already goes on.
   *
   * @param error of the application's middlewares, or of core's table: `new TidemarkError('overloaded', 'for a while')`
   * @param path of the procedure, such as `send` or `chat.send`; default: all
   */
  refuse(error: TRPCError | TidemarkError, path?: string): () => void;

  /** Closes every socket with 1012, and then `messaging`; nobody can connect until `start`. */
  stop(): Promise<void>;
  /** Calls the function that the server was made with again: give it the storage of the first time, and all is still there. */
  start(): Promise<void>;
  /** `stop`, then `start`. */
  restart(): Promise<void>;
  /** Closes the devices, and stops. For runners without `await using`. */
  close(): Promise<void>;
}

/**
 * The application's own router and messaging, served without a port: for tests of an application, in any runner. Clients are the
 * real ones, and so is everything behind the router. The gate of `messaging.attach` is not there: no limits of sockets and frames,
 * no origins.
 *
 * @param open makes the application; called once now, and once by each `start`
 */
export async function testServer<Router extends AnyTRPCRouter>(
  open: () => TestApplication<Router> | Promise<TestApplication<Router>>,
  options: TestServerOptions = {},
): Promise<TestServer<Router>> {
  const { tokenOf = (userId: string) => userId } = options;
  const faults = new CallFaults();
  const sockets = new Set<ServerEnd>();
  const devices = new Set<TestDevice<Router>>();
  let served: { readonly application: TestApplication<Router>; readonly serve: (end: ServerEnd) => void } | undefined;

  const dial: Dial = (end) => {
    const now = served;
    if (!now) return { refused: 'the server is stopped' };
    return { serve: () => now.serve(end) };
  };

  async function start(): Promise<void> {
    if (served) return;
    const application = await open();
    await application.messaging.ready();
    const { router } = application;
    const handler = getWSConnectionHandler<AnyTRPCRouter>({
      router,
      createContext: (context) => contextOf(application, context),
      // Its own server of the `ws` package is for broadcasts alone.
      wss: undefined as never,
    });
    served = {
      application,
      serve: (end) => {
        sockets.add(end);
        end.once('close', () => sockets.delete(end));
        end.filter = faults.filterFor(end, router);
        handler(end as unknown as Parameters<typeof handler>[0], UPGRADE);
      },
    };
  }

  async function stop(): Promise<void> {
    const { application } = served ?? {};
    served = undefined;
    const ended = [...sockets].map((end) => new Promise((resolve) => end.once('close', resolve)));
    for (const end of sockets) end.close(GOING_AWAY, 'server is going away');
    await Promise.all(ended);
    await application?.messaging.close();
  }

  async function close(): Promise<void> {
    await Promise.all([...devices].map((device) => device.close()));
    await stop();
  }

  await start();

  return {
    device: (userId, deviceOptions = {}) => {
      const router = served?.application.router;
      if (!router) throw new Error('a device takes its transformer from the router: make it while the server runs');
      const device = createTestDevice<Router>({ userId, token: tokenOf(userId), router, dial, ...deviceOptions });
      devices.add(device);
      return device;
    },
    WebSocket: memorySocketClass(dial),
    get connections() {
      return sockets.size;
    },
    loseAnswer: (path) => faults.loseAnswer(path),
    refuse: (error, path) => faults.refuse(error, path),
    stop,
    start,
    restart: async () => {
      await stop();
      await start();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Of an upgrade whose client sends parameters, as those of `createConnection` with a token do. */
const UPGRADE = { url: '/trpc?connectionParams=1', headers: { host: 'test' } } as IncomingMessage;

/** Closes with the codes that the gate closes with. */
async function contextOf<Router extends AnyTRPCRouter>(
  { createContext }: TestApplication<Router>,
  options: CreateWSSContextFnOptions,
): Promise<inferRouterContext<Router>> {
  try {
    return await createContext(options);
  } catch (error) {
    options.res.close(isUnauthenticated(error) ? UNAUTHENTICATED_CLOSE_CODE : CONTEXT_FAILED, 'context refused');
    throw error;
  }
}

function isUnauthenticated(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('code' in error && error.code === 'UNAUTHORIZED') || parseErrorText(error.message)?.code === 'unauthenticated'
  );
}
