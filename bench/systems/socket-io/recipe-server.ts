/**
 * Socket.IO as its tutorial makes delivery reliable (https://socket.io/docs/v4/tutorial/step-7, step-8): a row per message,
 * unique by the client's offset, then the emit with the row's number, then the acknowledgement. Here in Postgres, and with
 * the Redis Streams adapter, so that there may be several processes.
 */
import pg from 'pg';
import { answerCalls, programSettings } from '../../frame/answer-calls.ts';
import { entryOf, receiptOf } from '../message.ts';
import type { ServerProgramSettings } from '../system.ts';
import { serveSocketIo } from './serve.ts';

const { port, redis, postgres } = programSettings<ServerProgramSettings>();
if (redis === null || postgres === null) throw new Error('the recipe needs Redis and Postgres');
const pool = new pg.Pool({ connectionString: postgres, max: 16 });
await pool.query(`CREATE TABLE IF NOT EXISTS recipe_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client_offset text UNIQUE NOT NULL,
  sender text NOT NULL, recipient text NOT NULL, content text NOT NULL)`);
const insert = {
  name: 'insert-message',
  text: 'INSERT INTO recipe_messages (client_offset, sender, recipient, content) VALUES ($1, $2, $3, $4) RETURNING id',
};

await serveSocketIo({ port, redis, streamName: 'recipe' }, async (io, from, { to, clientMessageId, text }) => {
  const { rows } = await pool.query<{ id: string }>({ ...insert, values: [clientMessageId, from, to, text] });
  const entry = entryOf(Number(rows[0]?.id), from, to, clientMessageId, text);
  io.to(to).emit('message', entry);
  return receiptOf(entry);
});
answerCalls({}, () => pool.end());
