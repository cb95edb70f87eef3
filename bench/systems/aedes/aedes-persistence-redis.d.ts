/** The package has no types of its own. */
declare module 'aedes-persistence-redis' {
  import type { AedesOptions } from 'aedes';

  const persistenceRedis: (options: { readonly host: string; readonly port: number }) => AedesOptions['persistence'];
  export = persistenceRedis;
}
