import { memoryHistory } from '@tidemark/storage-memory';
import { Redis } from 'ioredis';

export const redis = new Redis('redis://127.0.0.1:6379', { lazyConnect: true });
export const history = memoryHistory();
