export type { Backplane, BackplaneOptions } from './backplane.ts';
export type { ClosingStep } from './closing.ts';
export { createMessaging, type Messaging } from './create-messaging.ts';
export { releaseDeployment } from './deployment/redis-claims.ts';
export {
  type DeadLetter,
  type DeploymentStatus,
  type Operator,
  openOperator,
  type PartitionStatus,
} from './deployment/redis-operator.ts';
export type { InputLimits, RareInputType } from './gate/annotations.ts';
export type { Attachment, AttachOptions, UpgradeServer } from './gate/attach.ts';
export { CLOSE_CODES } from './gate/close-codes.ts';
export { guardTransformer, type InputGuardOptions } from './gate/guard-transformer.ts';
export { type HealthEndpoints, type HealthEndpointsOptions, healthEndpoints } from './health-endpoints.ts';
export type { HealthReason, HealthReport, HealthStatus } from './health-report.ts';
export type { Load, PartitionLoad } from './load-report.ts';
export { type EventLogger, logEvents } from './log-events.ts';
export { type MemoryBackplaneState, memoryBackplane } from './memory-backplane.ts';
export type { MessagingOptions } from './options.ts';
export { redisBackplane } from './redis-backplane.ts';
export type { Authorization, Authorize, AuthorizedCommand, Refusal } from './router/authorization.ts';
export type { BeforeHook, BeforeHooks, HookAnswer, HookName, Replacements } from './router/before-hooks.ts';
export type { Broadcast, BroadcastOptions, BroadcastReport } from './router/broadcast.ts';
export type { ErrorData } from './router/error-formatter.ts';
export type { MessagingProcedures } from './router/procedure-types.ts';
export type { OnReport, Report, ReportedMessage } from './router/reports.ts';
export type { SendAs } from './router/send-as.ts';
export type { ServerCalls } from './router/server-calls.ts';
export type { FeedTransport, RetriedStep, ServerEventName, ServerEvents } from './server-events.ts';
export type { MessagingTuning } from './tuning.ts';
