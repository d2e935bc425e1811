import { writeFileSync } from 'node:fs';
import { chartTable } from './chart-table.ts';
import { eventsPage } from './events-page.ts';
import { lifecyclesPage } from './lifecycles-page.ts';
import { scopesPage } from './scopes-page.ts';
import { strimziTopics, strimziUsers } from './strimzi.ts';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('docs/events.md', root), eventsPage());
writeFileSync(new URL('docs/lifecycles.md', root), await lifecyclesPage());
writeFileSync(new URL('docs/scopes.md', root), scopesPage());
writeFileSync(new URL('deploy/helm/accord/files/release.yaml', root), chartTable());
writeFileSync(new URL('deploy/kubernetes/strimzi/topics.yaml', root), strimziTopics());
writeFileSync(new URL('deploy/kubernetes/strimzi/users.yaml', root), strimziUsers());
