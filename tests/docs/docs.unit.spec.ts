import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { catalogue, eventTypes, type EventType } from '@accord/events';
import { personalFields, readers } from '@accord/events/access';
import { rangeQuery } from '@accord/http';
import { customerScopes } from '@accord/http/server';
import { withDeadLetterRoutes } from '../../libs/platform/src/dead-letter-routes.ts';
import { planted } from '../simulation/planted.ts';
import { chartTable } from './chart-table.ts';
import { pathsOf } from './event-paths.ts';
import { eventsPage, services } from './events-page.ts';
import { lifecyclesPage } from './lifecycles-page.ts';
import { personalDataPage } from './personal-data-page.ts';
import { scopesPage } from './scopes-page.ts';
import { strimziTopics, strimziUsers } from './strimzi.ts';

const kept = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

/** The first line that differs says more than two whole pages. */
function expectCurrent(file: string, page: string) {
  const [old, now] = [kept(file).split('\n'), page.split('\n')];
  const line = now.findIndex((text, i) => text !== old[i]);
  if (line >= 0 || old.length !== now.length)
    throw new Error(`docs/${file} is stale from line ${line + 1}; run \`npm run docs\``);
}

test('docs/events.md is what the code says, and names every type and who hears it', () => {
  const page = eventsPage();
  expectCurrent('events.md', page);
  const unfolded = page.replaceAll(/\n +(?![ -])/g, ' ');
  for (const type of eventTypes)
    expect(unfolded).toMatch(new RegExp(`^- \`${type}\`: .* Heard by .*\\bnotification\\.$`, 'm'));
});

test('EVT-1 EVT-15 what the chart and Strimzi know of the code is what the code says', () => {
  expectCurrent('../deploy/helm/accord/files/release.yaml', chartTable());
  expectCurrent('../deploy/kubernetes/strimzi/topics.yaml', strimziTopics());
  expectCurrent('../deploy/kubernetes/strimzi/users.yaml', strimziUsers());
});

test('docs/lifecycles.md is what the code says, for every noun that has a lifecycle', async () => {
  const page = await lifecyclesPage();
  expectCurrent('lifecycles.md', page);
  const nouns = ['order', 'fulfilment', 'refund state', 'contract', 'ticket', 'refund', 'notification'];
  for (const noun of nouns) expect(page).toContain(`## ${noun}\n`);
});

test('API-4 docs/scopes.md is what the code says, and every scope of a customer reaches a route', () => {
  const page = scopesPage();
  expectCurrent('scopes.md', page);
  expect(customerScopes.filter((scope) => !page.includes(`| \`${scope}\` |`))).toEqual([]);
  expect(page.match(/^.*`timeline:read` \|.*$/gm)).toEqual([
    '| `GET /v1/timeline` | `timeline:read` | yes |  |',
  ]);
});

test('ORD-15 every list takes dates and moments in the same form', () => {
  const lists = services()
    .flatMap((service) => withDeadLetterRoutes(service).routes)
    .flatMap(({ path, query }) =>
      query instanceof z.ZodObject && 'from' in query.shape ? [{ path, shape: query.shape }] : [],
    );
  const own = lists.filter(({ shape }) => shape.from !== rangeQuery.from || shape.to !== rangeQuery.to);
  // Days alone, and months.
  expect(own.map(({ path }) => path)).toEqual(['/v1/orders/statistics', '/v1/contracts/eligible-bills']);
  expect(lists.filter((list) => !own.includes(list)).map(({ path }) => path)).toEqual([
    '/v1/orders',
    '/v1/orders/counts',
    '/v1/orders/export',
    '/v1/order-dead-letters',
    '/v1/contracts/eligible-orders',
    '/v1/contracts',
    '/v1/tickets',
    '/v1/paper-copies',
    '/v1/contract-dead-letters',
    '/v1/refunds',
    '/v1/balances/{accountId}/statement',
    '/v1/refund-dead-letters',
    '/v1/notifications',
    '/v1/timeline',
    '/v1/notification-dead-letters',
  ]);
});

/** Rules with words of their own, anywhere in a schema, that lack the Chinese ones. */
function saidInOneLanguage(part: unknown, seen = new Set<unknown>()): string[] {
  if (typeof part !== 'object' || part === null || seen.has(part)) return [];
  seen.add(part);
  const def = (part as { _zod?: { def: Record<string, unknown> } })._zod?.def;
  if (!def) return Object.values(part).flatMap((inner) => saidInOneLanguage(inner, seen));
  const { error, params, ...inner } = def;
  const lacks = typeof error === 'function' && !(params as Record<string, unknown> | undefined)?.['zh-CN'];
  return [...(lacks ? [String(error(part))] : []), ...saidInOneLanguage(inner, seen)];
}

test('API-16 what a route says of a request in words of its own, it says in both languages', () => {
  const flaws = services().flatMap(({ routes }) =>
    routes.flatMap(({ method, path, body, query, params }) =>
      [body, query, params]
        .flatMap((schema) => saidInOneLanguage(schema))
        .map((said) => `${method} ${path}: ${said}`),
    ),
  );
  expect(flaws).toEqual([]);
});

test('EVT-15 the table of readers is what services subscribe to', () => {
  const all = services();
  const subscribed = Object.fromEntries(
    eventTypes.map((type) => [
      type,
      all.filter(({ subscriptions }) => type in subscriptions).map(({ name }) => name),
    ]),
  );
  expect(readers).toEqual(subscribed);
});

test('EVT-15 docs/personal-data.md is what the code says, and names every personal field', () => {
  const page = personalDataPage();
  expectCurrent('personal-data.md', page);
  for (const field of personalFields) expect(page).toContain(`\n- \`${field}\` of `);
});

test('EVT-15 the table names every personal field of an event, and no other', () => {
  const paths = new Set(eventTypes.flatMap((type: EventType) => pathsOf(catalogue[type].data as z.ZodType)));
  expect(personalFields.filter((path) => !paths.has(path))).toEqual([]);
  const telling =
    /(^|\.)(certifiedName|email|phone|recipient|partyA|text|operatorId|contactId|contacts\.name)$/;
  expect([...paths].filter((path) => telling.test(path) && !personalFields.includes(path))).toEqual([]);
});

test('docs/simulation.md has every planted bug, and no other, each with its seed', () => {
  const page = kept('simulation.md').replaceAll(/\s+/g, ' ');
  const listed = [...page.matchAll(/- `([a-z-]+)`: [^`]*? Found with seed (\d+);/g)].map(([, name, seed]) => [
    name,
    seed,
  ]);
  expect(listed.sort()).toEqual(planted.map(({ name, seed }) => [name, String(seed)]).sort());
});
