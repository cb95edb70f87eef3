/** The environment variable with the {@link ServerSettings} of a server process, as JSON. */
export const SERVER_SETTINGS = 'TIDEMARK_VERIFY_SERVER';

export interface ServerSettings {
  readonly name: string;
  /** Of the run. */
  readonly folder: string;
  readonly port: number;
  readonly redis: RedisSettings | null;
  readonly store: StoreSettings;
}

/** A URL; or the nodes of a cluster, each `host:port` with where it is reached. */
export type RedisSettings =
  | string
  | {
      readonly nodes: readonly (readonly [
        address: string,
        through: { readonly host: string; readonly port: number },
      ])[];
    };

export type StoreSettings =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres' | 'mysql'; readonly url: string }
  | { readonly kind: 'postgres-mongo'; readonly postgres: string; readonly mongo: string };
