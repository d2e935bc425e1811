import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import type { Announced, AnnouncerAsk, AnnouncingAsk } from './announcing-process.ts';
import { startChild, type Child } from './child.ts';
import { settingsOf } from './consumer.ts';
import type { CountingAsk } from './counting-service.ts';
import { countingService } from './counting.ts';
import { freshTopic, type Environment } from './environment.ts';
import { beside, median, percentile, type Figure } from './figure.ts';

const { name: service, schema, migrations } = countingService();
const failing = 'bad';

/** From the commit of each event of a round to that of its effect, as Postgres recorded both. */
const delays = `
  select extract(epoch from pg_xact_commit_timestamp(n.xmin) - pg_xact_commit_timestamp(a.xmin))::float8 * 1000 as ms
    from orders.announced a join ${schema}.noted n using (key, version) where a.key like $1 || '\\_%'`;

/**
 * Commit to effect in the next service at half of what both carry together, with one key in a thousand that
 * always fails, for the other keys; beside the same without. Two small services, for nothing but the
 * mechanism is measured; short rounds in turn.
 */
export async function benchPoison(
  environment: Environment,
  { rounds = 6, ms = 8_000, warmUpMs = 15_000 } = {},
): Promise<Figure> {
  const databaseUrl = await environment.makeDatabase('accord_poison');
  await migrateService(urlsOf(databaseUrl, 'order').owner, {
    name: 'order',
    schema: 'orders',
    migrations: new URL('./announced/', import.meta.url),
  });
  await migrateService(urlsOf(databaseUrl, service).owner, { name: service, schema, migrations });
  const topicPrefix = await freshTopic(environment.brokers);
  // That a key fails, again and again, is what it is asked for.
  const settings = {
    ...settingsOf(environment, { databaseUrl, topicPrefix }),
    ACCORD_LOG_LEVEL: 'error' as const,
  };
  const consumer = startChild(new URL('./counting-service.ts', import.meta.url), {
    settings,
    noting: true,
    failing,
  } satisfies CountingAsk);
  await consumer.answer();
  const announcer = startChild(new URL('./announcing-process.ts', import.meta.url), {
    urls: urlsOf(databaseUrl, 'order'),
    schema: 'orders',
    brokers: environment.brokers,
    topicPrefix,
  } satisfies AnnouncerAsk);
  try {
    return await asSuperuser(databaseUrl, (client) => inTurn({ client, announcer, rounds, ms, warmUpMs }));
  } finally {
    await Promise.all([consumer.stop(), announcer.stop()]);
  }
}

interface Running {
  readonly client: pg.Client;
  readonly announcer: Child;
  readonly rounds: number;
  readonly ms: number;
  readonly warmUpMs: number;
}

async function inTurn({ client, announcer, rounds, ms, warmUpMs }: Running): Promise<Figure> {
  const announce = (ask: AnnouncingAsk) => {
    announcer.send(ask);
    return announcer.answer<Announced>();
  };
  const count = async () =>
    Number((await client.query<{ n: string }>(`select count(*) as n from ${schema}.inbox`)).rows[0]!.n);
  let expected = 0;
  const run = async (ask: AnnouncingAsk) => {
    const { events, ofBadKeys } = await announce(ask);
    expected += events - ofBadKeys;
    while ((await count()) < expected) await sleep(50);
  };
  await run({ round: 'warm', ms: warmUpMs });
  const [before, began] = [await count(), performance.now()];
  const carried = announce({ round: 'full', ms: ms });
  await sleep(ms);
  const highest = ((await count()) - before) / ((performance.now() - began) / 1_000);
  const { events } = await carried;
  expected += events;
  while ((await count()) < expected) await sleep(50);
  const rate = Math.floor(highest / 2);
  const p99s = { clean: [] as number[], poisoned: [] as number[] };
  await run({ round: 'slow', ms: ms / 2, rate });
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of ['clean', 'poisoned'] as const) {
      await run({
        round: `${kind}${round}`,
        ms,
        rate,
        ...(kind === 'poisoned' && { badRound: `${failing}${round}` }),
      });
      const { rows } = await client.query<{ ms: number }>(delays, [`${kind}${round}`]);
      p99s[kind].push(
        percentile(
          rows.map((row) => row.ms),
          0.99,
        ),
      );
      // A parked event is tried again and again, which is no matter of the next round.
      await client.query(`delete from ${schema}.parked_events`);
    }
  }
  return beside(
    `p99 beside 1 key in 1 000 that always fails, half load (${rate}/s)`,
    'ms',
    median(p99s.poisoned),
    median(p99s.clean),
  );
}
