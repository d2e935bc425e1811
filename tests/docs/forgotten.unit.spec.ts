import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventTypes } from '@accord/events';
import { serviceNames, type Speaker } from '@accord/events/services';
import { speakerOf, topicsSpokenBy } from '@accord/events/topics';
import { segments } from '../../deploy/local/parts/gateway.ts';
import { problemTexts } from '../../libs/http/src/problem-texts.ts';
import { services } from './events-page.ts';

// Steps of the guides in CONTRIBUTING.md that no compiler holds.

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const all = services();
const readme = (name: string) => text(`services/${name}/README.md`);
/** Its table of notices names every event type, published or not. */
const sourceOf = (name: string) =>
  globSync(`services/${name}/src/**/*.ts`, { cwd: root, exclude: ['**/*.spec.ts', '**/notice.ts'] })
    .map(text)
    .join('\n');
const names = (pattern: RegExp, from: string) => [
  ...new Set([...from.matchAll(pattern)].map(([, name]) => name!)),
];

describe('event types', () => {
  const publishedBy = (name: Speaker) => {
    const source = sourceOf(name);
    return topicsSpokenBy(name).filter((type) => source.includes(`'${type}'`));
  };

  test('each event type of a service is published', () => {
    const published = new Set(all.flatMap(({ name }) => publishedBy(name)));
    const ours = eventTypes.filter((type) => speakerOf(type) !== 'platform');
    expect(ours.filter((type) => !published.has(type))).toEqual([]);
  });

  test.each(all)('the README of $name names each event type that it publishes', ({ name }) => {
    const named = (type: string) =>
      [type, `.${type.split('.')[1]!}`, type.split('.')[1]!].some((form) =>
        readme(name).includes(`\`${form}\``),
      );
    expect(publishedBy(name).filter((type) => !named(type))).toEqual([]);
  });
});

describe('refusal codes', () => {
  /** No caller gets it: an event is refused by it. */
  const byEvent = ['account.unfit', 'refund.orders_to_come', 'refund.difference_to_come'];

  /** No request is refused by it: a contract tells it afterwards, in its data and its events. */
  const toldLater = ['holder.ended', 'contract.order_changed'];

  test.each(all)('API-2 API-16 $name words each code that a route names, in both languages', (service) => {
    const worded = { ...problemTexts, ...service.problems };
    const listed = service.routes.flatMap(({ refusals }) => refusals ?? []);
    expect(listed.filter((code) => !worded[code])).toEqual([]);
  });

  test.each(all)(
    'API-2 each code that $name throws is of the kind that its words say',
    ({ name, problems }) => {
      const pattern = /new Refusal\(\s*'([a-z_]+)',\s*'([a-z_]+\.[a-z_]+)'/g;
      const thrown = [...sourceOf(name).matchAll(pattern)].map(([, kind, code]) => ({ kind, code }));
      const kindsOf = (code: string) =>
        [(problems[code as `a.b`] ?? problemTexts[code as `a.b`])?.kind ?? []].flat() as string[];
      expect(
        thrown.filter(({ kind, code }) => !byEvent.includes(code!) && !kindsOf(code!).includes(kind!)),
      ).toEqual([]);
    },
  );

  // A code without words does not compile (`RefusalCodes`), so none is thrown beyond these.
  test.each(all)('API-2 a route of $name names each code that the service words', ({ problems, routes }) => {
    const listed = new Set<string>(routes.flatMap(({ refusals }) => refusals ?? []));
    const worded = Object.keys(problems);
    expect(worded.length).toBeGreaterThan(0);
    expect(worded.filter((code) => !listed.has(code) && !toldLater.includes(code))).toEqual([]);
  });
});

/**
 * The routes that a README names at the heads of its list: `GET /v1/orders`; `/{orderId}` or `POST …/cancel` goes on
 * from any route that stands before it in the same item, or takes the place of its last part.
 */
function routesNamedIn(page: string): ReadonlySet<string> {
  const named = new Set<string>();
  for (const [item] of page.matchAll(/^- `(?:[A-Z]+) \/v1\/(?:.*\n?)(?: {2}.*\n?)*/gm)) {
    const paths = new Set<string>();
    let method = '';
    for (const [, verb = method, dots, path = ''] of item.matchAll(
      /`(?:([A-Z]+) )?(…)?(\/[^`?\s]*)[^`]*`/g,
    )) {
      method = verb;
      const before = [...paths].flatMap((one) => [one, dirname(one)]);
      const meant = path.startsWith('/v1/') && !dots ? [path] : before.map((one) => one + path);
      for (const one of meant) {
        paths.add(one);
        named.add(`${method} ${one}`);
      }
    }
  }
  return named;
}

describe('routes', () => {
  test.each(all)('the front door leads to each route of $name', ({ name, routes }) => {
    const lost = routes.filter(({ path }) => segments[path.split('/')[2]!] !== name);
    expect(lost.map(({ path }) => path)).toEqual([]);
  });

  test.each(all)('the README of $name names each route', ({ name, routes }) => {
    const named = routesNamedIn(readme(name));
    const own = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(own.filter((one) => !named.has(one))).toEqual([]);
  });

  test('of the routes that a README names, a part of a path stands for no other', () => {
    const named = routesNamedIn(
      '- `GET /v1/a/{id}` · `/file`, `POST …/end`: the a, `PUT /v1/b`.\n\nAlso `GET /v1/c`.',
    );
    expect([...named].filter((one) => !one.includes('/a/file') && !one.includes('/a/end'))).toEqual([
      'GET /v1/a/{id}',
      'GET /v1/a/{id}/file',
      'POST /v1/a/{id}/end',
      'POST /v1/a/{id}/file/end',
      'PUT /v1/b',
    ]);
  });

  test.each(all)('each operationId of $name is one route’s', ({ routes }) => {
    const ids = routes.map(({ operationId }) => operationId);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });
});

describe('settings', () => {
  test.each(all)('the README of $name names each setting of its own, and its code reads it', ({ name }) => {
    const own = names(/^ {2}([A-Z][A-Z_]+): (?:z\b|renewed)/gm, text(`services/${name}/src/config.ts`));
    expect(own.filter((setting) => sourceOf(name).split(setting).length < 3)).toEqual([]);
    expect(own.filter((setting) => !readme(name).includes(`\`${setting}\``))).toEqual([]);
  });
});

describe('tables', () => {
  const files = globSync('services/*/migrations/*.ts', { cwd: root }).sort();

  test.each(files)('API-5 each table of %s is guarded for the roles', async (file) => {
    const { up = [], online = [] } = (await import(`${root}/${file}`)) as {
      up?: readonly string[];
      online?: readonly (string | { portions: string })[];
    };
    const sql = [...up, ...online.map((one) => (typeof one === 'string' ? one : one.portions))].join(';\n');
    const made = names(/create table (\w+)/g, sql);
    const granted = names(/grant select on (\w+) to accord_auditor/g, sql);
    expect(made.filter((table) => !granted.includes(table))).toEqual([]);
  });
});

describe('doors', () => {
  const doors = globSync('libs/*/package.json', { cwd: root })
    .sort()
    .flatMap((file) => {
      const { name, exports } = JSON.parse(text(file)) as {
        name: string;
        exports: string | Record<string, string>;
      };
      const entries = typeof exports === 'string' ? { '.': exports } : exports;
      return Object.entries(entries)
        .filter(([, source]) => source.endsWith('.ts'))
        .map(([door, source]) => [name + door.slice(1), file.replace('package.json', source)] as const);
    });

  test.each(doors)('%s has at most 20 names', (_door, file) => {
    const source = text(file).replaceAll(/^export \* from '.(.*)';$/gm, (_line, from: string) =>
      text(`${dirname(file)}${from}`),
    );
    const named = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) =>
      names!.split(',').filter((one) => one.trim()),
    );
    const made =
      source.match(/^export (?:async function|function|const|class|interface|type|enum) \w/gm) ?? [];
    expect(named.length + made.length).toBeLessThanOrEqual(20);
  });
});

describe('services', () => {
  test('every list of services has all of them', () => {
    const known = serviceNames.toSorted();
    expect(
      globSync('services/*/package.json', { cwd: root })
        .map((file) => file.split('/')[1]!)
        .sort(),
    ).toEqual(known);
    expect(all.map(({ name }) => name).sort()).toEqual(known);
    expect([...new Set(Object.values(segments))].sort()).toEqual(known);
  });
});
