import type { Metrics } from '@accord/core/observability';
import type { Consumer, ConsumerSettings } from './consumer.ts';
import type { RelaySettings } from './relay.ts';

type Listeners<T> = Pick<T, Extract<keyof T, `on${string}`>>;

/** The listeners that turn the reports of relay and consumer into metrics; to be spread into their settings. */
export function messagingMetrics(metrics: Metrics): {
  readonly relay: Listeners<RelaySettings>;
  readonly consumer: Listeners<ConsumerSettings>;
} {
  const published = metrics.counter('accord_relay_published_total', 'Events published by the relay');
  const interrupted = metrics.counter('accord_relay_interrupted_total', 'Times the relay was interrupted');
  const handled = metrics.counter('accord_events_handled_total', 'Events handled', ['type']);
  const failed = metrics.counter('accord_events_failed_total', 'Events whose handler failed', ['type']);
  const parked = metrics.counter('accord_events_parked_total', 'Events parked with their key');
  const delay = metrics.histogram(
    'accord_consumer_delay_seconds',
    'From the commit of an event to its effect here',
    ['topic'],
  );
  return {
    relay: { onPublished: (events) => published.inc(events), onFailed: () => interrupted.inc() },
    consumer: {
      onHandled: (type, count) => handled.inc({ type }, count),
      onFailed: (type) => failed.inc({ type }),
      onParked: () => parked.inc(),
      onDelays(topic, delaysMs) {
        for (const ms of delaysMs) delay.observe({ topic }, ms / 1_000);
      },
    },
  };
}

/** Metrics of a consumer's lag, read at each scrape. */
export function showLag(metrics: Metrics, { lag }: Pick<Consumer, 'lag'>): void {
  metrics.gauge(
    'accord_consumer_lag_events',
    'Events of a partition that are not handled yet, as of the last fetch',
    ['topic', 'partition'],
    (gauge) => {
      gauge.reset();
      for (const { topic, partition, events } of lag().partitions)
        gauge.set({ topic, partition: String(partition) }, events);
    },
  );
  metrics.gauge(
    'accord_consumer_lag_seconds',
    'Age of the oldest event that has arrived and is not handled',
    [],
    (gauge) => gauge.set(lag().seconds),
  );
  metrics.gauge('accord_consumer_fetch_age_seconds', 'Since the broker last answered a fetch', [], (gauge) =>
    gauge.set(lag().fetchAge),
  );
}
