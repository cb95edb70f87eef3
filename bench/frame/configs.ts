/** The deployments that benches run on: what holds queue and counters, and what holds the messages. */
export const CONFIGS = ['embedded', 'redis-postgres', 'redis-mariadb', 'redis-postgres-mongo'] as const;

export type ConfigName = (typeof CONFIGS)[number];
