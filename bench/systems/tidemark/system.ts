import { TIDEMARK } from '../../frame/result.ts';
import { nodeSystem, nothingMissing } from '../system.ts';

export const tidemark = nodeSystem({
  name: TIDEMARK,
  wire: 'tidemark',
  acknowledgementMeans: "the message and every member's inbox entry are committed in the store",
  uses: ['redis', 'store'],
  missing: nothingMissing,
  program: new URL('./server.ts', import.meta.url),
  path: '/trpc',
});
