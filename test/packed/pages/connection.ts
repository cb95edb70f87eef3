import { createConnection } from '@tidemark/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from './server.ts';

export const connection = createConnection({ url: 'wss://example.com/trpc', token: () => 'alice' });
export const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
