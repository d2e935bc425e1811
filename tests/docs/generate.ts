import { writeFileSync } from 'node:fs';
import { eventsPage } from './events-page.ts';
import { lifecyclesPage } from './lifecycles-page.ts';
import { scopesPage } from './scopes-page.ts';

const docs = new URL('../../docs/', import.meta.url);
writeFileSync(new URL('events.md', docs), eventsPage());
writeFileSync(new URL('lifecycles.md', docs), await lifecyclesPage());
writeFileSync(new URL('scopes.md', docs), scopesPage());
