import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { asyncApi } from './src/asyncapi.ts';
import { eventTypes, type EventType } from './src/catalogue.ts';
import { incompatibilities } from './src/compatibility.ts';
import { recordedForm, type RecordedForm } from './src/recorded-form.ts';

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
  if (!existsSync(fileOf(type))) {
    write(fileOf(type), { ...now, 'x-version': 1 });
    say(`${type}: recorded; keep a message of it as samples/${type}.1.json`);
    return [];
  }
  const { 'x-version': version, ...before } = JSON.parse(readFileSync(fileOf(type), 'utf8')) as RecordedForm;
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  const problems = incompatibilities(before, now);
  if (problems.length > 0) return problems.map((problem) => `${type}: ${problem}`);
  // A change that is compatible both ways is one of words alone.
  const next = incompatibilities(now, before).length > 0 ? Number(version) + 1 : Number(version);
  write(fileOf(type), { ...now, 'x-version': next });
  if (next > Number(version)) {
    write(earlier(type, Number(version)), { ...before, 'x-version': Number(version) });
    say(`${type}: recorded as version ${next}; keep a message of it as samples/${type}.${next}.json`);
  }
  return [];
}

const gone = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.schema\.json$/, ''))
  .filter((type) => !eventTypes.includes(type as EventType));
const problems = [...gone.map((type) => `${type}: was removed`), ...eventTypes.flatMap(record)];
if (problems.length === 0) write(new URL('./asyncapi.json', import.meta.url), asyncApi());
else {
  process.stderr.write(`Incompatible; make a new event type instead (EVT-4):\n${problems.join('\n')}\n`);
  process.exitCode = 1;
}
