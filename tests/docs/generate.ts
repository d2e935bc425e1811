import { writeFileSync } from 'node:fs';
import { chartTable } from './chart-table.ts';
import { dashboards } from './dashboards.ts';
import { eventsPage } from './events-page.ts';
import { lifecyclesPage } from './lifecycles-page.ts';
import { logLineSchema } from './log-line.ts';
import { personalDataPage } from './personal-data-page.ts';
import { scopesPage } from './scopes-page.ts';
import { sloRules } from './slo-rules.ts';
import { strimziTopics, strimziUsers } from './strimzi.ts';

const docs = new URL('../../docs/', import.meta.url);
const deploy = new URL('../../deploy/', import.meta.url);
writeFileSync(new URL('events.md', docs), eventsPage());
writeFileSync(new URL('lifecycles.md', docs), await lifecyclesPage());
writeFileSync(new URL('scopes.md', docs), scopesPage());
writeFileSync(new URL('personal-data.md', docs), personalDataPage());
writeFileSync(new URL('log-line.schema.json', docs), logLineSchema());
writeFileSync(new URL('helm/accord/files/release.yaml', deploy), chartTable());
writeFileSync(new URL('kubernetes/strimzi/topics.yaml', deploy), strimziTopics());
writeFileSync(new URL('kubernetes/strimzi/users.yaml', deploy), strimziUsers());
writeFileSync(new URL('prometheus/slo.yaml', deploy), sloRules());
for (const [file, json] of Object.entries(dashboards()))
  writeFileSync(new URL(`grafana/${file}`, deploy), json);
