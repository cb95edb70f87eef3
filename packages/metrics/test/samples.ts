import type { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

/** Every sample but those of memory, which move by themselves. */
export async function samplesOf(registry: Registry): Promise<{ name: string; labels: object; value: number }[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, values }) =>
    name.endsWith('process_memory_bytes')
      ? []
      : values.map((each) => ({ name, ...each, labels: each.labels as object, value: each.value })),
  );
}

/** The sample of that name (`<histogram>_count` and `_sum` as well) with these labels; undefined when there is none. */
export async function sampleOf(registry: Registry, name: string, labels: Labels = {}): Promise<number | undefined> {
  const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(/_(?:sum|count)$/, ''));
  const { values } = (await metric?.get()) ?? { values: [] };
  const isMeant = (of: Readonly<Record<string, unknown>>): boolean =>
    Object.entries(labels).every(([label, value]) => of[label] === value);
  return values.find((each) => ('metricName' in each ? each.metricName === name : true) && isMeant(each.labels))?.value;
}
