import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';
import { makeMetrics } from '@accord/core/observability';
import { showQueues } from '../../libs/platform/src/queue-metrics.ts';
import { mailMetrics } from '../../services/notification/src/mailing.ts';
import { dashboards } from './dashboards.ts';
import { logCalls } from './log-calls.ts';
import { LogLine, logLineSchema } from './log-line.ts';
import { monitoringQueries, monitoringRules } from './monitoring-queries.ts';
import { selectedBy } from './promql.ts';
import { sloRules } from './slo-rules.ts';

// Objectives, alerts, runbooks and dashboards, held against each other and against the metrics that the page of
// operations names. tests/system/audit.e2e.spec.ts holds them against a running system.

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');

const rules = monitoringRules;
const alerts = rules.filter(({ alert }) => alert);
const queries = monitoringQueries();

function promtool(...args: string[]) {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { cwd: root, encoding: 'utf8' });
  return error ? undefined : { status, said: `${stdout}${stderr}` };
}

test('deploy/prometheus/slo.yaml and deploy/grafana are what their descriptions say', () => {
  const stale = Object.entries({
    'deploy/prometheus/slo.yaml': sloRules(),
    ...Object.fromEntries(
      Object.entries(dashboards()).map(([file, json]) => [`deploy/grafana/${file}`, json]),
    ),
  }).filter(([file, made]) => !existsSync(join(root, file)) || text(file) !== made);
  expect(stale.map(([file]) => `${file} is stale; run \`npm run docs\``)).toEqual([]);
});

test('every query is PromQL, and asks for metrics that docs/operations.md names', () => {
  const known = new Set([
    ...[...text('docs/operations.md').matchAll(/`((?:accord|http|process|nodejs)_[a-z0-9_]+)`/g)].map(
      ([, name]) => name!,
    ),
    ...rules.flatMap(({ record }) => record ?? []),
    'ALERTS',
  ]);
  const unknown = queries.flatMap(({ from, query }) =>
    selectedBy(query)
      .filter(({ metric }) => !known.has(metric.replace(/_(?:count|bucket|sum)$/, '')) && !known.has(metric))
      .map(({ metric }) => `${from}: ${metric}`),
  );
  expect(unknown).toEqual([]);
});

test('no query adds up what every instance shows alike', async () => {
  const metrics = makeMetrics('order');
  const away = () => Promise.reject(new Error('away'));
  showQueues([], { transaction: away, pools: () => ({}) } as never, metrics);
  mailMetrics(metrics, { transaction: away });
  const shared = new Set(
    [...(await metrics.text()).matchAll(/^# HELP (\w+) .*every instance shows the same/gm)].map(
      ([, name]) => name!,
    ),
  );
  expect([shared.has('accord_outbox_events'), shared.has('accord_due_items')]).toEqual([true, true]);
  expect(shared.has('accord_pool_connections')).toBe(false);
  const wrong = queries.flatMap(({ from, query }) =>
    selectedBy(query)
      .filter(({ metric, aggregation }) => shared.has(metric) && aggregation !== 'max')
      .map(({ metric, aggregation }) => `${from}: ${metric} by ${aggregation ?? 'instance'}`),
  );
  expect(wrong).toEqual([]);
});

test('every alert has a severity, a summary and a runbook with all of its parts, and no runbook is left over', () => {
  const pages = new Set<string>();
  for (const { alert, labels, annotations } of alerts) {
    const page = annotations?.['runbook_url'] ?? '';
    expect([alert, labels?.['severity'], annotations?.['summary']]).toEqual([
      alert,
      expect.stringMatching(/^(critical|warning|info)$/),
      expect.stringMatching(/\.$/),
    ]);
    expect([alert, existsSync(join(root, page))]).toEqual([alert, true]);
    pages.add(page);
    expect([alert, text(page).includes(`\`${alert}\``)]).toEqual([alert, true]);
  }
  for (const page of pages) {
    const parts = [...text(page).matchAll(/^## (.+)$/gm)].map(([, part]) => part);
    expect([page, parts]).toEqual([page, ['Meaning', 'Impact', 'Diagnosis', 'Mitigation']]);
  }
  const written = globSync('docs/runbooks/*.md', { cwd: root }).filter((page) => !page.endsWith('README.md'));
  expect(written.sort()).toEqual([...pages].sort());
  const listed = [...text('docs/runbooks/README.md').matchAll(/^\| `(\w+)`/gm)].map(([, alert]) => alert!);
  expect(listed.sort()).toEqual(alerts.map(({ alert }) => alert!).sort());
});

test('every alert is tried with a series that fires and one that does not, where promtool is installed', () => {
  const files = globSync('deploy/prometheus/*.test.yaml', { cwd: root });
  const tried = files.map(text).join('\n');
  const times = (alert: string) =>
    tried.match(new RegExp(`alertname(?:="${alert}"|: ${alert}\\b)`, 'g'))?.length;
  const untried = alerts.filter(
    ({ alert }) => !tried.includes(`alertname="${alert}"`) && (times(alert!) ?? 0) < 2,
  );
  expect(untried.map(({ alert }) => alert)).toEqual([]);
  const folder = mkdtempSync(join(tmpdir(), 'accord-'));
  const asRules = join(folder, 'dashboards.yaml');
  const panels = queries.map(({ query }, index) => ({ record: `query:${index}`, expr: query }));
  writeFileSync(asRules, YAML.stringify({ groups: [{ name: 'dashboards', rules: panels }] }));
  const ran = [
    promtool('check', 'rules', 'deploy/prometheus/alerts.yaml', 'deploy/prometheus/slo.yaml', asRules),
    promtool('test', 'rules', ...files),
  ];
  rmSync(folder, { recursive: true });
  const isThere = ran[0] !== undefined;
  process.stderr.write(
    `alerts and dashboards are ${isThere ? 'tried by promtool' : 'not tried: promtool is not installed'}\n`,
  );
  if (isThere) expect(ran.filter((one) => one?.status !== 0)).toEqual([]);
});

test('docs/log-line.schema.json is what the code says, and has every field that a line is given', () => {
  expect(text('docs/log-line.schema.json')).toBe(logLineSchema());
  const calls = logCalls(root);
  expect(calls.length).toBeGreaterThan(25);
  const known = new Set(Object.keys(LogLine.shape));
  expect(
    calls.flatMap(({ file, fields }) =>
      fields.filter((field) => !known.has(field)).map((field) => `${file}: ${field}`),
    ),
  ).toEqual([]);
  const page = text('docs/operations.md').replaceAll(/\s+/g, ' ');
  const untold = calls.filter(({ level, message }) => level !== 'debug' && !page.includes(`\`${message}\``));
  expect(untold.map(({ file, message }) => `${file}: ${message}`)).toEqual([]);
});
