import { connect, type LocalStore } from '@tidemark/client';
import { WebSocket } from 'ws';
import type { AppRouter } from './backend.ts';

/** What a browser would do; the only difference is that Node 20 has to be handed a WebSocket. */
export function signIn(url: string, userId: string, store: LocalStore) {
  const contentTypes = ['text', 'order'] as const;
  return connect<AppRouter>({ url, WebSocket, token: userId, router: 'chat', userId, contentTypes, store });
}
