/**
 * The server of examples/chat-web from its sources, in a process that can be killed. Started by chat-web.ts. Prints its port,
 * closes on SIGTERM, and ends with its parent: its input ends then.
 */
import { parseArgs } from 'node:util';
import { startChatServer } from '../../examples/chat-web/server/chat-server.ts';
import { folderHandler } from '../../examples/chat-web/server/http.ts';
import { seed } from '../../examples/chat-web/server/seed.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
    page: { type: 'string', default: '' },
    seeded: { type: 'boolean', default: false },
  },
});

const chat = await startChatServer({
  folder: values.folder,
  port: Number(values.port),
  page: folderHandler(values.page),
  prepare: values.seeded ? (path) => seed(path, Date.now()) : undefined,
});
process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => {
  chat.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.stdout.write(`${chat.port}\n`);
