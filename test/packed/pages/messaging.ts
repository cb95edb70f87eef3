import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { content } from './content.ts';

export const messaging = createMessaging({ content, storage: memoryStorage() });
