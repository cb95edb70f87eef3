export type { Backplane, BackplaneOptions } from './backplane.ts';
export type { ClosingStep } from './closing.ts';
export { createMessaging, type Messaging } from './create-messaging.ts';
export { type MemoryBackplaneState, memoryBackplane } from './memory-backplane.ts';
export type { MessagingOptions } from './options.ts';
export { redisBackplane } from './redis-backplane.ts';
export { type Attachment, type AttachOptions, CLOSE_CODES } from './router/attach.ts';
export type { MessagingProcedures } from './router/procedure-types.ts';
export type { FeedTransport, RetriedStep, ServerEventName, ServerEvents } from './server-events.ts';
