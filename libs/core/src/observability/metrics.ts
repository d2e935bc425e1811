import { setTimeout as sleep } from 'node:timers/promises';
import client, { type Counter, type Gauge, type Histogram } from 'prom-client';

/** A service's metrics. Asked twice for one name it gives the same metric. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** `read`, where given, is asked at each scrape and sets the value. */
  gauge(
    name: string,
    help: string,
    labels?: readonly string[],
    read?: (gauge: Gauge) => void | Promise<void>,
  ): Gauge;
  /** Of seconds, from 1 ms to 10 s. */
  histogram(name: string, help: string, labels?: readonly string[]): Histogram;
  /** In the exposition format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/**
 * The help of a gauge that is read from what all instances share: each shows the same, so their sum says nothing.
 * Collectors of rules and dashboards know it by these words.
 */
export const ofService = (help: string): string => `${help} (of the service: every instance shows the same)`;

/** A scrape goes out without the news of a gauge that takes longer, ms. */
const readWithinMs = 4_000;

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** @param ofProcess adds memory, event loop and garbage collection; for the one registry of a process. */
export function makeMetrics(service: string, { ofProcess = false } = {}): Metrics {
  const registry = new client.Registry();
  registry.setDefaultLabels({ service });
  if (ofProcess) client.collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const known = <M>(name: string) => registry.getSingleMetric(name) as M | undefined;
  return {
    counter: (name, help, labelNames = []) =>
      known<Counter>(name) ?? new client.Counter({ name, help, labelNames: [...labelNames], registers }),
    gauge: (name, help, labelNames = [], read) =>
      known<Gauge>(name) ??
      new client.Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers,
        ...(read && {
          async collect() {
            await Promise.race([read(this), sleep(readWithinMs, undefined, { ref: false })]);
          },
        }),
      }),
    histogram: (name, help, labelNames = []) =>
      known<Histogram>(name) ??
      new client.Histogram({ name, help, labelNames: [...labelNames], buckets, registers }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
