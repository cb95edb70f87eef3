export const HELP = `tidemark: looks at a deployment in Redis, and at its dead letters

  tidemark status                    processes, and of each partition: writer, backlog, lag, dead letters
  tidemark doctor                    what is set up so that a promise could be broken
  tidemark dead-letters list         the oldest first; --partition N, --limit N (100)
  tidemark dead-letters show ID      with the whole command: it holds what its sender wrote
  tidemark dead-letters retry ID     queues a message again; what is stored already is not stored twice
  tidemark dead-letters drop ID      forgets it for good

  --redis URL      of the Redis of the deployment. Default: REDIS_URL
  --prefix TEXT    its keyPrefix. Default: tm:
  --partitions N   for doctor: as the processes have it, to be compared
  --json           JSON instead of a table

exit code: 0 well, 1 something is wrong or not there, 2 the command line, 3 Redis cannot be reached or refuses`;
