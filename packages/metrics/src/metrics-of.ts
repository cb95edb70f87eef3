import { TidemarkError } from '@tidemark/core';
import { type Metric, Registry } from 'prom-client';
import { type ObservedMessaging, registerMetrics } from './server-metrics.ts';

export interface MetricsOptions {
  /** Where the metrics are registered, such as `register` of prom-client. Default: a registry of their own. */
  readonly registry?: Registry | undefined;
  /**
   * What every name begins with: letters, digits, `_`, no digit first. Default `tidemark_`, which is what the dashboard and the alert rules
   * expect. A second messaging in the same registry needs another one.
   */
  readonly prefix?: string | undefined;
}

export interface MessagingMetrics {
  /** `await registry.metrics()` is what Prometheus reads, as `registry.contentType`. */
  readonly registry: Registry;
  /** Stops listening, and removes the metrics from the registry. Idempotent. */
  close(): void;
}

const DEFAULT_PREFIX = 'tidemark_';

/**
 * Metrics of a messaging for Prometheus, from its typed events. Labels are bounded by the code and by the options of the deployment: none
 * holds a user, a conversation or a content.
 *
 * @throws TidemarkError `invalid_input` naming the option that breaks its rule
 */
export function metricsOf(messaging: ObservedMessaging, options: MetricsOptions = {}): MessagingMetrics {
  const { registry = new Registry(), prefix = DEFAULT_PREFIX } = options;
  if (!/^[A-Za-z_:][A-Za-z0-9_:]{0,63}$/.test(prefix)) {
    throw new TidemarkError('invalid_input', 'must be 1 to 64 letters, digits, "_" or ":", no digit first', {
      field: 'prefix',
    });
  }
  if (typeof registry?.registerMetric !== 'function') {
    throw new TidemarkError('invalid_input', 'must be a Registry of prom-client', { field: 'registry' });
  }
  // Registered together or not at all.
  const own = new Registry();
  const stop = registerMetrics(messaging, own, prefix);
  const metrics = own.getMetricsAsArray() as unknown as readonly (Metric & { readonly name: string })[];
  const taken = metrics.find(({ name }) => registry.getSingleMetric(name) !== undefined);
  if (taken) {
    stop();
    throw new TidemarkError('invalid_input', `${taken.name} is in the registry already: give another prefix`, {
      field: 'prefix',
    });
  }
  for (const metric of metrics) registry.registerMetric(metric);
  return {
    registry,
    close() {
      stop();
      for (const metric of metrics) {
        if (registry.getSingleMetric(metric.name) === metric) registry.removeSingleMetric(metric.name);
      }
    },
  };
}
