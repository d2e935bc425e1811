// That many events through outbox, relay, topic and inbox of one service as fast as they go; exits 1 where a
// table or the memory grows.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import { startChild, type Child } from '../bench/child.ts';
import { checkCounts, settingsOf } from '../bench/consumer.ts';
import { countingService } from '../bench/counting.ts';
import { freshTopic, startEnvironment, type Environment } from '../bench/environment.ts';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { growthOf, type Sample } from './flatness.ts';
import type { Memory, SoakingAsk, HandledCount } from './soaking-service.ts';

const keys = 5_000;
const { events, json } = commandLine(
  'npm run soak [-- [--events N] [--json]]',
  { events: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
  ({ values, positionals }) => {
    known(positionals, []);
    const count = wholeNumber('events', values.events, keys);
    if (count % keys !== 0) throw new Error(`--events is a multiple of ${keys}`);
    return { events: count, json: values.json };
  },
);
/** So that what is usually kept for a day or two weeks comes and goes many times. */
const retention = { inboxMs: 20_000, keysMs: 20_000, everyMs: 2_000 };
const { name: service, schema, migrations } = countingService();

const sizes = `
  select c.relname as name, pg_table_size(c.oid)::float8 as rows, pg_indexes_size(c.oid)::float8 as indexes,
  s.n_dead_tup::float8 as dead
    from pg_class c join pg_stat_all_tables s on s.relid = c.oid
   where s.schemaname = '${schema}'
   and c.relname in ('outbox', 'inbox', 'idempotency_keys', 'parked_events', 'begun_events', 'counted')`;

async function look(
  client: pg.Client,
  child: Child,
  handled: number,
): Promise<Sample & { readonly dead: Readonly<Record<string, number>> }> {
  child.send({ handled } satisfies HandledCount);
  const { bytes: memory } = await child.answer<Memory>();
  const { rows } = await client.query<{ name: string; rows: number; indexes: number; dead: number }>(sizes);
  const bytes = Object.fromEntries(
    rows.flatMap(({ name, rows: table, indexes }) => [
      [name, table],
      [`${name} indexes`, indexes],
    ]),
  );
  return {
    events: handled,
    bytes: { ...bytes, memory },
    dead: Object.fromEntries(rows.map(({ name, dead }) => [name, dead])),
  };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function show({ events: handled, bytes, dead }: Awaited<ReturnType<typeof look>>, seconds: number) {
  if (json)
    return console.log(JSON.stringify({ events: handled, seconds: Math.round(seconds), bytes, dead }));
  const tables = Object.keys(dead).map(
    (name) =>
      `${name} ${megabytes(bytes[name]!)}+${megabytes(bytes[`${name} indexes`]!)} (${dead[name]} dead)`,
  );
  console.log(
    `${Math.round(seconds)} s, ${handled} events; memory ${megabytes(bytes['memory']!)} MB; ${tables.join(', ')}`,
  );
}

async function soak(environment: Environment): Promise<Sample[]> {
  const databaseUrl = await environment.makeDatabase('accord_soak');
  await migrateService(urlsOf(databaseUrl, service).owner, { name: service, schema, migrations });
  const settings = settingsOf(environment, {
    databaseUrl,
    topicPrefix: await freshTopic(environment.brokers),
  });
  const child = startChild(new URL('./soaking-service.ts', import.meta.url), {
    settings,
    retention,
    events,
    keys,
  } satisfies SoakingAsk);
  const samples: Sample[] = [];
  await child.answer();
  const started = performance.now();
  let shown = events / 40;
  await asSuperuser(databaseUrl, async (client) => {
    const count = async () =>
      Number(
        (await client.query<{ n: string | null }>(`select sum(times) as n from ${schema}.counted`)).rows[0]!
          .n ?? 0,
      );
    for (let handled = 0; handled < events;) {
      await sleep(200);
      handled = await count();
      const sample = await look(client, child, handled);
      samples.push(sample);
      if (handled < shown) continue;
      shown += events / 40;
      show(sample, (performance.now() - started) / 1_000);
    }
  });
  console.log(`${Math.round(events / ((performance.now() - started) / 1_000))} events/s`);
  await checkCounts(databaseUrl, { count: events, keys });
  await child.stop();
  return samples;
}

const environment = await startEnvironment();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void environment.stop().finally(() => process.exit(130)));
try {
  const growth = growthOf(await soak(environment), events);
  for (const { name, second, last, isFlat } of growth) {
    console.log(
      json
        ? JSON.stringify({ name, second, last, isFlat })
        : `${name.padEnd(26)} at most ${megabytes(second)} MB in the second quarter, ` +
            `${megabytes(last)} MB in the last${isFlat ? '' : ': it grows'}`,
    );
  }
  process.exitCode = growth.every(({ isFlat }) => isFlat) ? 0 : 1;
} finally {
  await environment.stop();
}
