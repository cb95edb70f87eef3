export { type MessagingMetrics, type MetricsOptions, metricsOf } from './metrics-of.ts';
export type { ObservedMessaging } from './server-metrics.ts';
