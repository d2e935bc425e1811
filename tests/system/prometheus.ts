import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';
import { freePort } from '@accord/local/parts';
import { until } from '@accord/testing';

const rules = (file: string) =>
  fileURLToPath(new URL(`../../deploy/prometheus/${file}.yaml`, import.meta.url));

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Prometheus {
  query(expr: string): Promise<Series[]>;
  /** Rules whose last evaluation failed, with the error. */
  brokenRules(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Our rules are evaluated each second here, not each half minute. */
function ruleFile(file: string, folder: string): string {
  const { groups } = YAML.parse(readFileSync(rules(file), 'utf8')) as { groups: { interval?: string }[] };
  const path = join(folder, `${file}.yaml`);
  writeFileSync(path, YAML.stringify({ groups: groups.map((group) => ({ ...group, interval: '1s' })) }));
  return path;
}

/**
 * A Prometheus that scrapes each second, as an installation does: the label `service` is the one of the metrics.
 *
 * @param targets `host:port`.
 * @returns undefined where it is not installed.
 */
export async function startPrometheus(
  folder: string,
  targets: readonly string[],
): Promise<Prometheus | undefined> {
  if (spawnSync('prometheus', ['--version']).error) return undefined;
  const config = join(folder, 'prometheus.yaml');
  writeFileSync(
    config,
    YAML.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['alerts', 'slo'].map((file) => ruleFile(file, folder)),
      scrape_configs: [
        {
          job_name: 'accord',
          honor_labels: true,
          static_configs: [{ targets, labels: { namespace: 'accord' } }],
        },
      ],
    }),
  );
  const port = await freePort();
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ask = async <T>(path: string): Promise<T> => {
    const reply = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { data, error } = (await reply.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`${error}: ${decodeURIComponent(path)}`);
    return data;
  };
  const query = async (expr: string) =>
    (await ask<{ result: Series[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const isUp = () =>
    query('up == 1').then(
      ({ length }) => length === targets.length,
      () => false,
    );
  await until('Prometheus has scraped all targets', isUp).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    query,
    async brokenRules() {
      const { groups } = await ask<{
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      }>('rules');
      return groups
        .flatMap((group) => group.rules)
        .filter(({ health }) => health === 'err')
        .map(({ name, lastError }) => `${name}: ${lastError}`);
    },
    stop,
  };
}

/** Metric → labels that its series have; of one without series so far: undefined. */
export function metricsIn(scrape: string): Map<string, Set<string> | undefined> {
  const metrics = new Map<string, Set<string> | undefined>();
  for (const [, name = '', type] of scrape.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const parts = type === 'histogram' ? ['_bucket', '_count', '_sum'] : [''];
    for (const part of parts) metrics.set(name + part, undefined);
  }
  for (const [, name = '', labels = ''] of scrape.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    const known = metrics.get(name) ?? new Set<string>();
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!);
    metrics.set(name, known);
  }
  return metrics;
}
