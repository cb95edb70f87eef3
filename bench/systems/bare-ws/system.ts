import { nodeSystem, nothingMissing } from '../system.ts';

export const bareWs = nodeSystem({
  name: 'bare ws',
  wire: 'bare-ws',
  acknowledgementMeans: 'the server wrote the message to the sockets it has; nothing is kept anywhere',
  uses: [],
  missing: nothingMissing,
  program: new URL('./server.ts', import.meta.url),
  path: '/',
});
