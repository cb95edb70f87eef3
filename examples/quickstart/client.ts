import { connect } from '@tidemark/client';
import { WebSocket } from 'ws'; // for Node before 22
import type { AppRouter } from './server.ts';

const options = {
  url: 'ws://127.0.0.1:3210/trpc',
  WebSocket,
  router: 'chat',
  contentTypes: ['text', 'order'],
} as const;
const alice = connect<AppRouter>({ ...options, userId: 'alice', token: 'alice' });
const bob = connect<AppRouter>({ ...options, userId: 'bob', token: 'bob' });
await bob.live();
bob.on('message', (message) => {
  if (message.type === 'order') console.log(`bob sees an order of ${message.content.total}`);
});
const { receipt } = alice.direct('bob').send({ type: 'order', content: { orderId: 'A-17', total: 42 } });
console.log(`stored as message ${(await receipt).conversationSeq} of ${(await receipt).conversationId}`);
