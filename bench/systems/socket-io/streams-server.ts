/** Socket.IO with the Redis Streams adapter and its own recovery; what it acknowledges it has handed on. */
import { answerCalls, programSettings } from '../../frame/answer-calls.ts';
import { entryOf, receiptOf } from '../message.ts';
import type { ServerProgramSettings } from '../system.ts';
import { serveSocketIo } from './serve.ts';

const { port, redis } = programSettings<ServerProgramSettings>();
if (redis === null) throw new Error('the adapter needs Redis');
let seq = 0;

await serveSocketIo({ port, redis, streamName: 'streams' }, (io, from, { to, clientMessageId, text }) => {
  seq += 1;
  const entry = entryOf(seq, from, to, clientMessageId, text);
  io.to(to).emit('message', entry);
  return receiptOf(entry);
});
answerCalls({});
