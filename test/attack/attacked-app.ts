import { createMessaging, type MessagingOptions } from '@tidemark/server';
import { initTRPC, TRPCError } from '@trpc/server';
import type { NodeHTTPRequest } from '@trpc/server/adapters/node-http';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import superjson from 'superjson';
import { z } from 'zod';

const content = {
  text: z.object({ text: z.string().min(1).max(60_000) }),
  /** A kind that takes any keys and values, so that nothing of the application's own stands in the way. */
  anything: z.record(z.string(), z.json()),
};

/** What an application without a transformer has. */
const none = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };

interface Context {
  readonly user: { readonly id: string } | undefined;
  /** Closes the connection as an application does that ends a session. Undefined over HTTP. */
  readonly end?: () => void;
}

/** What the server was started for; see Target. */
export interface AppSettings {
  readonly transformer: 'superjson' | 'none';
  readonly messaging?: Partial<Omit<MessagingOptions<typeof content>, 'content' | 'storage'>>;
}

/**
 * The application under attack: messaging on a base procedure that asks for nobody's identity, so that Tidemark alone stands
 * between a stranger and the store. `token-<user>` is a token, in connection parameters, a header or a cookie.
 */
export function attackedApp(storage: MessagingOptions<typeof content>['storage'], settings: AppSettings) {
  const transformer = settings.transformer === 'superjson' ? superjson : none;
  const t = initTRPC.context<Context>().create({ transformer });
  const messaging = createMessaging({ content, storage, ...settings.messaging });
  const router = t.router({
    chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user?.id }),
    endSession: t.procedure.mutation(({ ctx }) => {
      ctx.end?.();
    }),
  });
  return { messaging, router, call: t.createCallerFactory(router) };
}

export function contextOfRequest({ req }: { req: NodeHTTPRequest }): Context {
  const { authorization, cookie } = req.headers;
  return { user: userOf(authorization ?? /(?:^|; )session=([^;]*)/.exec(cookie ?? '')?.[1]) };
}

export async function contextOfSocket({ req, res, info }: CreateWSSContextFnOptions): Promise<Context> {
  const token = info.connectionParams?.['token'];
  // The application asks its session store, which does not answer.
  if (token === 'hang') await new Promise(() => {});
  const { user } = info.connectionParams ? { user: userOf(token) } : contextOfRequest({ req });
  return { user, end: () => res.close(4409, 'signed in elsewhere') };
}

/** Nobody without a token; refused with a wrong one. */
function userOf(token: string | undefined): Context['user'] {
  if (token === undefined) return undefined;
  const [, id] = /^token-(.+)$/.exec(token) ?? [];
  if (id === undefined) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'no such token' });
  return { id };
}
