// Two releases side by side on one database and one broker, under load, both ways; exits 1 where a request failed, an
// event was given up, or anything was lost, doubled or out of step at the end.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { compileServices } from '@accord/local';
import { schemas } from '@accord/postgres/provision';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { differences, recovery } from '../faults/checker.ts';
import { startLoad } from '../faults/load.ts';
import { openShop } from '../faults/run.ts';
import { lastRelease } from '../releases/record.ts';
import { startPlatform, type Platform, type Version } from './environment.ts';
import { bringSources, commitOf, hasPackagesOf, plantRename } from './sources.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = commandLine(
  'npm run upgrade [-- [--from revision] [--seconds N] [--seed S] [--planted] [--home folder]]',
  {
    from: { type: 'string', default: lastRelease()?.commit ?? 'HEAD' },
    seconds: { type: 'string', default: '15' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    planted: { type: 'boolean', default: false },
    home: { type: 'string', default: join(root, '.accord', 'upgrade') },
  },
  ({ values, positionals }) => {
    known(positionals, []);
    return {
      ...values,
      commit: commitOf(values.from),
      seed: wholeNumber('seed', values.seed),
      seconds: wholeNumber('seconds', values.seconds, 1),
    };
  },
);

/** Longest wait until an order that was placed is known to the other services. */
const patienceMs = 60_000;

/** Events that were given up, and those that the broker refused, a line each. */
async function givenUp(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const found = Object.values(schemas).map(
      (schema) => `select type, reason from ${schema}.parked_events where status = 'dead'
        union all select type, reason from ${schema}.outbox_refused`,
    );
    const { rows } = await client.query<{ type: string; reason: string }>(found.join(' union all '));
    return rows.map(({ type, reason }) => `${type} was given up: ${reason}`);
  } finally {
    await client.end();
  }
}

/** A line for each thing that went wrong; it ends with the step in which the first of them did. */
async function upgrade(platform: Platform, older: Version, newer: Version): Promise<string[]> {
  const { prepare, start, stop } = platform;
  await prepare(older);
  await start(older);
  await openShop(platform);
  const load = startLoad(platform, { seed: asked.seed, pauseMs: 60 });
  const steps: readonly (readonly [string, () => Promise<void>])[] = [
    ['old', () => Promise.resolve()],
    ['old, on the new schema', () => prepare(newer)],
    ['both', () => start(newer)],
    ['new', () => stop(older)],
    ['both again', () => start(older)],
    ['rolled back to old', () => stop(newer)],
    ['both once more', () => start(newer)],
    ['new for good', () => stop(older)],
  ];
  // A cause stands before all that came of it.
  const wrong = async () => [
    ...platform.errors().slice(0, 10),
    ...(await givenUp(platform.databaseUrl)),
    ...platform.failures,
  ];
  for (const [name, step] of steps) {
    await step();
    await sleep(asked.seconds * 1_000);
    const lines = await wrong();
    const { old, new: fresh } = platform.requests();
    const failed = platform.failures.length;
    console.log(`${name.padEnd(24)} requests: ${old} to old, ${fresh} to new; ${failed} failed`);
    if (lines.length > 0) return lines;
    await platform.review();
    await recovery(platform, patienceMs);
  }
  const history = await load.stop();
  await recovery(platform, patienceMs);
  await platform.review();
  const accepted = Map.groupBy(
    history.filter(({ status }) => status < 300),
    ({ what }) => what,
  );
  const counts = [...accepted].map(([what, { length }]) => `${what} ${length}`).join(', ');
  console.log(`${history.length} commands were answered; accepted: ${counts}.`);
  return [...(await wrong()), ...(await differences(platform, history))];
}

const folders = { old: join(asked.home, 'sources-old'), planted: join(asked.home, 'sources-planted') };
console.log(`seed ${asked.seed}; old is ${asked.from} (${asked.commit}), new is this checkout`);
if (!hasPackagesOf(asked.commit))
  console.log('old asks for other packages; it runs with those that are installed here');
const platform = await startPlatform(asked.home, asked.seed);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void platform.close().finally(() => process.exit(130)));
let lines: readonly string[] = [];
try {
  await compileServices();
  bringSources(asked.commit, folders.old);
  if (asked.planted) {
    bringSources(commitOf('HEAD'), folders.planted);
    plantRename(folders.planted);
  }
  lines = await upgrade(
    platform,
    { name: 'old', sources: folders.old },
    { name: 'new', sources: asked.planted ? folders.planted : root },
  );
} finally {
  await platform.close();
}
for (const line of lines.slice(0, 50)) console.error(line);
console.log(
  lines.length === 0
    ? 'No request failed, no event was given up, and nothing was lost, doubled or out of step.'
    : `${lines.length} lines of what went wrong; the first are above`,
);
process.exit(lines.length === 0 ? 0 : 1);
