import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';
import { dashboardQueries } from './dashboards.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(root + path, 'utf8');

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const monitoringRules: readonly Rule[] = ['alerts.yaml', 'slo.yaml'].flatMap((file) =>
  (YAML.parse(text(`deploy/prometheus/${file}`)) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  ),
);

/** Fenced blocks of a language, each with its page. */
export const runbookBlocks = (language: 'bash' | 'promql' | 'sql') =>
  globSync('docs/runbooks/*.md', { cwd: root })
    .sort()
    .flatMap((from) =>
      [...text(from).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block]) => ({
        from,
        text: block!,
      })),
    );

/** Every PromQL of rules, dashboards and runbooks, and where it stands. */
export const monitoringQueries = () => [
  ...monitoringRules.map(({ alert, record, expr }) => ({ from: alert ?? record!, query: expr })),
  ...dashboardQueries().map(({ panel, query }) => ({ from: panel, query })),
  ...runbookBlocks('promql').map(({ from, text: query }) => ({ from, query })),
];
