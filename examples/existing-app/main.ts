/** `AUTH_SECRET=… npm start -w @tidemark/example-existing-app`: the server, and two of its users talking about an order. */
import { startFrontEnd } from './front-end.ts';
import { startServer } from './server.ts';

const server = await startServer({ authSecret: process.env['AUTH_SECRET'], path: ':memory:' });
console.log(`http://127.0.0.1:${server.port}/health, /trpc over HTTP and WebSocket`);

const signIn = (id: string, name: string) =>
  startFrontEnd({ port: server.port, userId: id, token: () => server.signIn({ id, name }) });
const alice = signIn('alice', 'Alice');
const bob = signIn('bob', 'Bob');
// What was sent before bob is live is in his snapshot, and no news.
await bob.chat.live();

const seen = new Promise<void>((resolve) => {
  bob.chat.on('message', (message) => {
    if (message.type === 'text') console.log(`bob reads: ${message.content.text}`);
    else if (message.type === 'order')
      console.log(`bob sees order ${message.content.orderId}: ${message.content.total}`);
    if (message.type === 'order') resolve();
  });
});

const order = await alice.trpc.orders.place.mutate({ item: 'lighthouse', total: 42 });
console.log(`alice placed ${order.orderId} at ${order.placedAt.toISOString()}`);
const conversation = alice.chat.direct('bob');
conversation.send({ type: 'text', content: { text: 'look what I bought' } });
conversation.send({ type: 'order', content: { orderId: order.orderId, total: order.total } });
await seen;

await alice.chat.close();
await bob.chat.close();
await server.close();
