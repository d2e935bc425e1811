import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { schemas } from '@accord/postgres/provision';
import { incompatibilities } from '../../libs/events/src/compatibility.ts';
import { schemaOf } from '../../libs/platform/src/service-schema.ts';
import { migrationsOf } from '../../libs/postgres/src/migrations.ts';
import { breakingChanges, type Document } from '../api/compatibility.ts';

export const root = new URL('../../', import.meta.url);
/** A folder for each release, `0.1.0/` and so on. */
export const releasesFolder = new URL('deploy/releases/', root);

/** Others rely on it: clients, subscribers, and the databases that have run its migrations (API-3, EVT-4). */
export interface Promises {
  readonly openapi: Document;
  /** By type, as recorded in `libs/events/recorded`. */
  readonly events: Readonly<Record<string, Document>>;
  /** Of each service in their order, the platform's first: the SHA-256 of its statements. */
  readonly migrations: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Release {
  readonly version: string;
  /** Its sources; the release itself is recorded by the commit after it. */
  readonly commit: string;
  /** A date, `2026-12-02`. */
  readonly madeOn: string;
}

const read = (file: URL): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** In their order, the platform's first. */
export const migrationsOfService = (name: ServiceName) =>
  migrationsOf(
    schemaOf({ name, schema: schemas[name], migrations: new URL(`services/${name}/migrations/`, root) }),
  );

/** By name, in their order, the hash of its statements. */
async function hashesOf(name: ServiceName): Promise<Record<string, string>> {
  const all = await migrationsOfService(name);
  const hash = (statements: object) => createHash('sha256').update(JSON.stringify(statements)).digest('hex');
  return Object.fromEntries(all.map(({ name: migration, ...statements }) => [migration, hash(statements)]));
}

/** Of this tree. Tests hold the two documents that are read here against the code. */
export async function promisesNow(): Promise<Promises> {
  const recorded = new URL('libs/events/recorded/', root);
  const events = readdirSync(recorded)
    .filter((file) => file.endsWith('.schema.json'))
    .map((file) => [basename(file, '.schema.json'), read(new URL(file, recorded)) as Document] as const);
  const migrations = await Promise.all(
    serviceNames.map(async (name) => [name, await hashesOf(name)] as const),
  );
  return {
    openapi: read(new URL('libs/http/openapi.json', root)) as Document,
    events: Object.fromEntries(events),
    migrations: Object.fromEntries(migrations),
  };
}

/** Oldest first. */
export function versionsIn(folder: URL): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** By release, oldest first, the names of the migrations of a service that it had. */
export const releasedMigrations = (name: ServiceName): (readonly string[])[] =>
  versionsIn(releasesFolder).map((version) => {
    const all = read(new URL(`${version}/migrations.json`, releasesFolder)) as Promises['migrations'];
    return Object.keys(all[name] ?? {});
  });

/** The newest of them; undefined: none was made yet. */
export const lastRelease = (folder: URL = releasesFolder): (Release & Promises) | undefined => {
  const version = versionsIn(folder).at(-1);
  if (version === undefined) return undefined;
  const of = (file: string) => read(new URL(`${version}/${file}.json`, folder));
  return {
    ...(of('release') as Release),
    openapi: of('openapi') as Promises['openapi'],
    events: of('events') as Promises['events'],
    migrations: of('migrations') as Promises['migrations'],
  };
};

/** @throws Error where a release of this version is there: none is made twice. */
export function writeRelease(folder: URL, release: Release, { openapi, events, migrations }: Promises): void {
  const own = new URL(`${release.version}/`, folder);
  if (existsSync(own))
    throw new Error(`the release ${release.version} was made already: ${fileURLToPath(own)}`);
  mkdirSync(own, { recursive: true });
  const write = (file: string, content: unknown, indent?: number) =>
    writeFileSync(new URL(`${file}.json`, own), `${JSON.stringify(content, null, indent)}\n`);
  write('release', release, 2);
  write('migrations', migrations, 2);
  // Compared, not read by people.
  write('openapi', openapi);
  write('events', events);
}

/**
 * All that would break somebody who uses the release, a line each: its clients, its subscribers, its own instances
 * beside newer ones, and databases that have run its migrations.
 */
export function brokenPromises(release: Promises, now: Promises): string[] {
  const events = Object.entries(release.events).flatMap(([type, { 'x-version': _, ...form }]) => {
    const { 'x-version': _now, ...is } = now.events[type] ?? {};
    if (!now.events[type]) return [`the event ${type} was removed`];
    return incompatibilities(form, is).map((problem) => `the event ${type}: ${problem}`);
  });
  const migrations = Object.entries(release.migrations).flatMap(([service, released]) =>
    ofMigrations(service, Object.entries(released), now.migrations[service] ?? {}),
  );
  return [...breakingChanges(release.openapi, now.openapi), ...events, ...migrations];
}

function ofMigrations(
  service: string,
  released: readonly (readonly [string, string])[],
  now: Readonly<Record<string, string>>,
): string[] {
  const changed = released.flatMap(([name, hash]) => {
    if (!(name in now)) return [`the migration ${name} of ${service} was removed`];
    return now[name] === hash ? [] : [`the migration ${name} of ${service} was edited`];
  });
  const known = new Set(released.map(([name]) => name));
  const newest = released.at(-1)?.[0] ?? '';
  const late = Object.keys(now).filter((name) => !known.has(name) && name < newest);
  return [
    ...changed,
    ...late.map((name) => `the migration ${name} of ${service} is new and stands before ${newest}`),
  ];
}

/** Headings of the changelog above that of the release that ask for the data to be dropped: none may. */
export function resetsSince(changelog: string, version: string | undefined): string[] {
  if (version === undefined) return [];
  const sections = changelog.split(/^## /m).slice(1);
  const newer = sections.slice(
    0,
    sections.findIndex((section) => section.startsWith(version)),
  );
  return newer.filter((section) => /npm run\s+reset/.test(section)).map((section) => section.split('\n')[0]!);
}
