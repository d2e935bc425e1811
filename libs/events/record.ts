import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { asyncApi } from './src/asyncapi.ts';
import { eventTypes, type EventType } from './src/catalogue.ts';
import { incompatibilities } from './src/compatibility.ts';
import { recordedForm, type RecordedForm } from './src/recorded-form.ts';
import { schemaAddress } from './src/schema-address.ts';

// `npm run events:record`: records the compatible changes of the events, and refuses the others (EVT-4).

const folder = new URL('./recorded/', import.meta.url);
/** Messages name the version that they were written in, so earlier ones stay. */
const earlier = (type: string, version: number) => new URL(`earlier/${type}.${version}.schema.json`, folder);
const fileOf = (type: string) => new URL(`${type}.schema.json`, folder);
const say = (line: string) => process.stdout.write(`${line}\n`);
const write = (file: URL, content: unknown) => writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);

/** Writes the type's form where it changed compatibly; else returns the problems. */
function record(type: EventType): string[] {
  const now = recordedForm(type);
  const keep = (version: number) =>
    write(fileOf(type), { ...now, $id: schemaAddress(type, undefined, version), 'x-version': version });
  if (!existsSync(fileOf(type))) {
    keep(1);
    say(`${type}: recorded; keep a message of it as samples/${type}.1.json`);
    return [];
  }
  const { 'x-version': version, ...before } = JSON.parse(readFileSync(fileOf(type), 'utf8')) as RecordedForm;
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  const problems = incompatibilities(before, now);
  if (problems.length > 0) return problems.map((problem) => `${type}: ${problem}`);
  // A change that is compatible both ways is one of words alone.
  const next = incompatibilities(now, before).length > 0 ? Number(version) + 1 : Number(version);
  keep(next);
  if (next > Number(version)) {
    write(earlier(type, Number(version)), { ...before, 'x-version': Number(version) });
    say(`${type}: recorded as version ${next}; keep a message of it as samples/${type}.${next}.json`);
  }
  return [];
}

/** The versions above 1, for the addresses that events name. */
function writeVersions(): Readonly<Record<string, number>> {
  const recorded = eventTypes.map((type) => JSON.parse(readFileSync(fileOf(type), 'utf8')) as RecordedForm);
  const versions = recorded.map((form) => [String(form['x-topic']), Number(form['x-version'])] as const);
  const later = versions.filter(([, version]) => version > 1);
  const lines = later.map(([type, version]) => `  '${type}': ${version},\n`);
  writeFileSync(
    new URL('./src/schema-versions.ts', import.meta.url),
    '/** Written by `npm run events:record`: versions of the schemas that changed since their first. */\n' +
      `export const schemaVersions: Readonly<Record<string, number>> = {\n${lines.join('')}};\n`,
  );
  return Object.fromEntries(later);
}

const gone = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.schema\.json$/, ''))
  .filter((type) => !eventTypes.includes(type as EventType));
const problems = [...gone.map((type) => `${type}: was removed`), ...eventTypes.flatMap(record)];
const versions = writeVersions();
if (problems.length === 0) write(new URL('./asyncapi.json', import.meta.url), asyncApi(versions));
else {
  process.stderr.write(`Incompatible; make a new event type instead (EVT-4):\n${problems.join('\n')}\n`);
  process.exitCode = 1;
}
