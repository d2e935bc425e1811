import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { asyncApi } from './src/asyncapi.ts';
import { eventTypes, type EventType } from './src/catalogue.ts';
import { incompatibilities } from './src/compatibility.ts';
import { recordedForm, type RecordedForm } from './src/recorded-form.ts';

// `npm run events:record`: records the compatible changes of the events, and refuses the others (EVT-4).

const folder = new URL('./recorded/', import.meta.url);
const fileOf = (type: string) => new URL(`${type}.schema.json`, folder);
const say = (line: string) => process.stdout.write(`${line}\n`);
const write = (file: URL, content: unknown) => writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);

/** Writes the type's form where it changed compatibly; else returns the problems. */
function record(type: EventType): string[] {
  const now = recordedForm(type);
  if (!existsSync(fileOf(type))) {
    write(fileOf(type), now);
    say(`${type}: recorded; keep a message of it as samples/${type}.1.json`);
    return [];
  }
  const before = JSON.parse(readFileSync(fileOf(type), 'utf8')) as RecordedForm;
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  const problems = incompatibilities(before, now);
  if (problems.length > 0) return problems.map((problem) => `${type}: ${problem}`);
  const [version, next] = [now['x-version'], nextVersion(before, now)];
  if (version !== next) return [`${type}: its definition says version ${version} and has to say ${next}`];
  write(fileOf(type), now);
  if (next > Number(before['x-version']))
    say(`${type}: recorded as version ${next}; keep a message of it as samples/${type}.${next}.json`);
  return [];
}

/** A change that is compatible both ways is one of words alone. */
const nextVersion = (before: RecordedForm, now: RecordedForm): number =>
  Number(before['x-version']) + (incompatibilities(now, before).length > 0 ? 1 : 0);

const gone = readdirSync(folder)
  .map((file) => file.replace(/\.schema\.json$/, ''))
  .filter((type) => !eventTypes.includes(type as EventType));
const problems = [...gone.map((type) => `${type}: was removed`), ...eventTypes.flatMap(record)];
if (problems.length === 0) write(new URL('./asyncapi.json', import.meta.url), asyncApi());
else {
  process.stderr.write(`Incompatible; make a new event type instead (EVT-4):\n${problems.join('\n')}\n`);
  process.exitCode = 1;
}
