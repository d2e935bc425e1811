import { readFileSync } from 'node:fs';
import YAML from 'yaml';
import { z } from 'zod';

// The JSON of deploy/grafana, made of dashboards.yaml there, in the form of Grafana 10 and later.

const Panel = z.strictObject({
  title: z.string(),
  unit: z.enum(['none', 's', 'bytes', 'percentunit', 'reqps', 'ops']),
  kind: z.enum(['timeseries', 'stat']).default('timeseries'),
  /** Legend → PromQL. */
  queries: z.record(z.string(), z.string()),
  /** Nothing is shown while all is well, or where a part is not configured. */
  mayBeEmpty: z.boolean().default(false),
});
const Description = z.record(
  z.string().regex(/^accord-[a-z]+$/),
  z.strictObject({
    title: z.string(),
    says: z.string(),
    /** Which are shown: all four, those that are chosen, or one. */
    services: z.enum(['all', 'some', 'one']).default('all'),
    rows: z.record(z.string(), z.array(Panel)),
  }),
);
type Dashboard = z.infer<typeof Description>[string];
type Panel = z.infer<typeof Panel>;

const folder = new URL('../../deploy/grafana/', import.meta.url);
export const described = Description.parse(
  YAML.parse(readFileSync(new URL('dashboards.yaml', folder), 'utf8')),
);

const datasource = { type: 'prometheus', uid: '${datasource}' };
const chosen = { all: '', some: ', service=~"$service"', one: ', service="$service"' };

/** As Grafana gets it. */
const queryOf = (expr: string, { services }: Dashboard) =>
  expr.trim().replaceAll('$of', `namespace=~"$namespace"${chosen[services]}`);

/** With the values that Grafana would put in, for all namespaces. */
export const filled = (query: string): string =>
  query
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$namespace', '.*')
    .replaceAll('service="$service"', 'service="order"')
    .replaceAll('$service', '.*');

/** Every query of every dashboard. */
export const dashboardQueries = () =>
  Object.entries(described).flatMap(([name, dashboard]) =>
    Object.values(dashboard.rows)
      .flat()
      .flatMap(({ title, queries, mayBeEmpty }) =>
        Object.entries(queries).map(([legend, expr]) => ({
          panel: `${name}: ${title}`,
          legend,
          query: filled(queryOf(expr, dashboard)),
          mayBeEmpty,
        })),
      ),
  );

const variable = (name: string, more: object) => ({
  name,
  label: name,
  hide: 0,
  options: [],
  ...more,
});

/** A variable with the values of a label. `.*` fits series without the label, too. */
const labelVariable = (name: string, query: string, one: boolean) =>
  variable(name, {
    type: 'query',
    datasource,
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: !one,
    includeAll: !one,
    ...(one
      ? { current: { text: 'order', value: 'order' } }
      : { allValue: '.*', current: { text: 'All', value: '$__all' } }),
  });

const variablesOf = ({ services }: Dashboard) => [
  variable('datasource', { type: 'datasource', query: 'prometheus', current: {} }),
  labelVariable('namespace', 'label_values(accord_build_info, namespace)', false),
  ...(services === 'all'
    ? []
    : [labelVariable('service', 'label_values(accord_build_info, service)', services === 'one')]),
];

const [perLine, width, height] = [3, 8, 8];

function panelOf(panel: Panel, dashboard: Dashboard, at: { id: number; x: number; y: number }) {
  const { id, ...place } = at;
  const isStat = panel.kind === 'stat';
  return {
    id,
    type: panel.kind,
    title: panel.title,
    datasource,
    gridPos: { w: width, h: height, ...place },
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        ...(isStat ? {} : { min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }),
      },
      overrides: [],
    },
    options: isStat
      ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', textMode: 'value_and_name' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: Object.entries(panel.queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr: queryOf(expr, dashboard),
      legendFormat,
    })),
  };
}

function panelsOf(dashboard: Dashboard) {
  const panels: object[] = [];
  let y = 0;
  for (const [title, row] of Object.entries(dashboard.rows)) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { w: 24, h: 1, x: 0, y },
    });
    y += 1;
    row.forEach((panel, index) => {
      const place = { x: (index % perLine) * width, y: y + Math.floor(index / perLine) * height };
      panels.push(panelOf(panel, dashboard, { id: panels.length + 1, ...place }));
    });
    y += Math.ceil(row.length / perLine) * height;
  }
  return panels;
}

/** File name → JSON. */
export const dashboards = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(described).map(([uid, dashboard]) => [
      `${uid}.json`,
      `${JSON.stringify(
        {
          uid,
          title: dashboard.title,
          description: dashboard.says,
          tags: ['accord'],
          schemaVersion: 39,
          editable: true,
          refresh: '30s',
          time: { from: 'now-3h', to: 'now' },
          timezone: 'browser',
          templating: { list: variablesOf(dashboard) },
          links: [
            { type: 'dashboards', title: 'Accord', tags: ['accord'], asDropdown: true, keepTime: true },
          ],
          annotations: { list: [] },
          panels: panelsOf(dashboard),
        },
        undefined,
        1,
      )}\n`,
    ]),
  );
