import { readFileSync } from 'node:fs';
import YAML from 'yaml';
import { z } from 'zod';
import { type ServiceName, serviceNames } from '@accord/events/services';

// deploy/prometheus/slo.yaml, made of the objectives in deploy/slo: recording rules of how fast each error budget
// is used, and alerts over several windows at once (The Site Reliability Workbook, chapter 5).

const percent = z.number().gt(50).lt(100);
/** A limit is a bound of the histograms' buckets (libs/core/src/observability/metrics.ts), s. */
const bound = z.literal([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);
const Objectives = z.strictObject({
  availability: z.strictObject({ percent }),
  latency: z.strictObject({ percent, withinSeconds: bound }),
  outbox: z.strictObject({ percent, withinSeconds: z.number().positive() }),
  effect: z.strictObject({ percent, withinSeconds: bound }),
});
type Objectives = z.infer<typeof Objectives>;
type Slo = keyof Objectives;

/** @throws Error of a file that has another form. */
const objectivesOf = (service: ServiceName): Objectives =>
  Objectives.parse(
    YAML.parse(readFileSync(new URL(`../../deploy/slo/${service}.yaml`, import.meta.url), 'utf8')),
  );

const budgetOf = (share: number) => Number((1 - share / 100).toPrecision(6));

/** Over all instances, and by namespace where one Prometheus reads several installations. */
const sum = (series: string) => `sum by (namespace) (${series})`;

/** The part of a window's requests, events or time that missed the objective; none where there was nothing. */
const missed: Readonly<Record<Slo, (service: ServiceName, window: string, of: Objectives) => string>> = {
  availability(service, window) {
    const requests = (more = '') =>
      sum(`rate(http_request_duration_seconds_count{service="${service}"${more}}[${window}])`);
    return `(${requests(', status=~"5.."')} or 0 * ${requests()}) / (${requests()} > 0)`;
  },
  latency: (service, window, { latency }) =>
    slower('http_request_duration_seconds', service, window, latency.withinSeconds),
  outbox: (service, window) => `avg_over_time(accord:outbox_stale{service="${service}"}[${window}])`,
  effect: (service, window, { effect }) =>
    slower('accord_consumer_delay_seconds', service, window, effect.withinSeconds),
};

function slower(histogram: string, service: ServiceName, window: string, withinSeconds: number): string {
  const total = sum(`rate(${histogram}_count{service="${service}"}[${window}])`);
  const inTime = sum(`rate(${histogram}_bucket{service="${service}", le="${withinSeconds}"}[${window}])`);
  return `(1 - ${inTime} / (${total} > 0))`;
}

const staleRules = serviceNames.map((service) => {
  const oldest = `max by (namespace) (accord_outbox_oldest_seconds{service="${service}"})`;
  const expr = `${oldest} > bool ${objectivesOf(service).outbox.withinSeconds}`;
  return { record: 'accord:outbox_stale', expr, labels: { service } };
});

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;

const burnRules = (window: (typeof windows)[number]) =>
  serviceNames.flatMap((service) => {
    const objectives = objectivesOf(service);
    return (Object.keys(missed) as Slo[]).map((slo) => ({
      record: `accord:slo_burn:rate${window}`,
      expr: `${missed[slo](service, window, objectives)} / ${budgetOf(objectives[slo].percent)}`,
      labels: { service, slo },
    }));
  });

interface Speed {
  readonly severity: 'critical' | 'warning';
  readonly pairs: readonly (readonly [long: string, short: string, times: number])[];
}
/** In each pair the long window says that it matters, the short one that it goes on. */
const speeds: Readonly<Record<'Fast' | 'Slowly', Speed>> = {
  Fast: {
    severity: 'critical',
    pairs: [
      ['1h', '5m', 14.4],
      ['6h', '30m', 6],
    ],
  },
  Slowly: {
    severity: 'warning',
    pairs: [
      ['1d', '2h', 3],
      ['3d', '6h', 1],
    ],
  },
};

const told: Readonly<Record<Slo, { name: string; says: string; page: string }>> = {
  availability: { name: 'Availability', says: 'requests fail with 5xx', page: 'availability' },
  latency: { name: 'Latency', says: 'requests are slow', page: 'latency' },
  outbox: { name: 'Outbox', says: 'events wait in the outbox', page: 'freshness' },
  effect: { name: 'Effect', says: 'events have their effect late', page: 'freshness' },
};

const alerts = (Object.keys(told) as Slo[]).flatMap((slo) =>
  Object.entries(speeds).map(([speed, { severity, pairs }]) => ({
    alert: `Accord${told[slo].name}Burns${speed}`,
    expr: pairs
      .map(([long, short, times]) => {
        const burns = (window: string) => `accord:slo_burn:rate${window}{slo="${slo}"} > ${times}`;
        return `(${burns(long)} and ${burns(short)})`;
      })
      .join(' or '),
    labels: { severity },
    annotations: {
      summary:
        `{{ $labels.service }}: ${told[slo].says}; the error budget of 30 days goes ` +
        '{{ $value | humanize }} times as fast as it may.',
      runbook_url: `docs/runbooks/${told[slo].page}.md`,
    },
  })),
);

/** The file as text. */
export function sloRules(): string {
  const interval = '30s';
  const groups = [
    { name: 'accord-slo-outbox', interval, rules: staleRules },
    ...windows.map((window) => ({ name: `accord-slo-${window}`, interval, rules: burnRules(window) })),
    {
      name: 'accord-slo-30d',
      interval: '5m',
      rules: [{ record: 'accord:slo_burn:rate30d', expr: 'avg_over_time(accord:slo_burn:rate5m[30d])' }],
    },
    { name: 'accord-slo', interval, rules: alerts },
  ];
  return (
    '# Made by `npm run docs` of the objectives in deploy/slo: do not edit.\n' +
    YAML.stringify({ groups }, { lineWidth: 110 })
  );
}
