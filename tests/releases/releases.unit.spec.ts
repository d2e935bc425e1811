import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serviceNames } from '@accord/events/services';
import {
  brokenPromises,
  lastRelease,
  promisesNow,
  resetsSince,
  root,
  versionsIn,
  writeRelease,
  type Promises,
} from './record.ts';

let now: Promises;
beforeAll(async () => {
  now = await promisesNow();
});

const release = lastRelease();
// Nothing is held against a release that was not made, and the title of the test says so.
const against = release ? `the release ${release.version}` : 'no release, for none was made yet';

test(`API-3 API-20 EVT-4 this tree keeps what was promised by ${against}`, () => {
  if (!release) return;
  expect(brokenPromises(release, now)).toEqual([]);
  expect(resetsSince(readFileSync(new URL('CHANGELOG.md', root), 'utf8'), release.version)).toEqual([]);
});

test('API-20 a release is written once, and read as it was written; the newest is the last one', () => {
  const folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'releases-'))}/`);
  try {
    expect(lastRelease(folder)).toBeUndefined();
    const made = { commit: 'c'.repeat(40), madeOn: '2026-12-02' };
    writeRelease(folder, { version: '0.10.0', ...made }, now);
    for (const version of ['0.9.0', '0.2.0'])
      writeRelease(folder, { version, ...made }, { ...now, openapi: {} });
    expect(() => writeRelease(folder, { version: '0.2.0', ...made }, now)).toThrow('0.2.0 was made already');
    expect(versionsIn(folder)).toEqual(['0.2.0', '0.9.0', '0.10.0']);
    const last = lastRelease(folder)!;
    expect(JSON.stringify(last)).toBe(JSON.stringify({ version: '0.10.0', ...made, ...now }));
    expect(brokenPromises(last, now)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('API-20 every service has its migrations recorded, the platform’s first', () => {
  expect(Object.keys(now.migrations).sort()).toEqual(serviceNames.toSorted());
  for (const migrations of Object.values(now.migrations))
    expect(Object.keys(migrations)[0]).toBe('0000_platform');
});

describe('what breaks a promise is told', () => {
  /** Without the routes, which take long to compare. */
  let few: Promises;
  beforeAll(() => {
    few = { ...now, openapi: { paths: {} } };
  });
  const withOrders = (change: (migrations: Record<string, string>) => void): Promises => {
    const order = { ...now.migrations['order'] };
    change(order);
    return { ...few, migrations: { ...now.migrations, order } };
  };

  test('API-20 a released migration that is edited, removed, or has a new one before it', () => {
    const changes: [(migrations: Record<string, string>) => void, string][] = [
      [(of) => (of['0001_orders'] = 'other'), 'the migration 0001_orders of order was edited'],
      [(of) => (of['0000_platform'] = 'other'), 'the migration 0000_platform of order was edited'],
      [(of) => delete of['0005_exports'], 'the migration 0005_exports of order was removed'],
      [(of) => (of['0002_before'] = 'new'), 'the migration 0002_before of order is new and stands before'],
    ];
    for (const [change, said] of changes)
      expect(brokenPromises(few, withOrders(change))).toEqual([expect.stringContaining(said)]);
    expect(
      brokenPromises(
        few,
        withOrders((of) => (of['9999_later'] = 'new')),
      ),
    ).toEqual([]);
  });

  test('EVT-4 an event that is gone, or changed incompatibly; a new version of it breaks nothing', () => {
    const { 'order.placed': placed, ...others } = now.events;
    expect(brokenPromises(few, { ...few, events: others })).toEqual(['the event order.placed was removed']);
    const without = { ...placed, properties: {} };
    expect(brokenPromises(few, { ...few, events: { ...others, 'order.placed': without } })).toContain(
      'the event order.placed: /order was removed',
    );
    const later = { ...placed, 'x-version': 7 };
    expect(brokenPromises(few, { ...few, events: { ...others, 'order.placed': later } })).toEqual([]);
  });

  test('API-3 a route that is gone', () => {
    const { '/v1/orders': _, ...paths } = now.openapi['paths'] as Record<string, never>;
    expect(brokenPromises(now, { ...now, openapi: { ...now.openapi, paths } })).toEqual([
      'GET /v1/orders was removed',
      'POST /v1/orders was removed',
    ]);
  });

  test('API-20 a change after a release that asks for the data to be dropped', () => {
    const log = (text: string) =>
      `# Changelog\n\n## 0.2.0 · unreleased\n\n${text}\n\n## 0.1.0 · 2026-12-02\n\n- reset\n`;
    const needs = log('- Other: needs `npm run\n  reset`.').replace('- reset', '- needs `npm run reset`');
    expect(resetsSince(needs, '0.1.0')).toEqual(['0.2.0 · unreleased']);
    expect(resetsSince(needs, '0.2.0')).toEqual([]);
    expect(resetsSince(log('- Nothing.'), '0.1.0')).toEqual([]);
  });
});
