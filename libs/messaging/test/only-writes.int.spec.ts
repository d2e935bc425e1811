import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { newEventId } from '@accord/core/runtime';
import { headersOf, subjectOf, type Event, type Fact } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import { openDatabase, systemClock, type ServiceDatabase } from '@accord/postgres';
import { smallService, testDatabase, type TestDatabase } from '@accord/testing';
import { handleMessages } from '../src/inbox.ts';
import { outbox } from '../src/outbox.ts';
import { projecting, type ReadModel } from '../src/read-model.ts';

// Events whose handlers only write, as those of a read model: inbox records, rows and commit leave together.

const log = pino({ level: 'silent' });
const model: ReadModel = {
  name: 'seen',
  tables: ['seen'],
  projections: {
    'webhook.disabled': {
      on: (view, { subject, data }) =>
        view.write('insert into seen (account_id, key, version) values ($1, $2, $3::text::bigint)', [
          subject.accountId,
          subject.id,
          data.reason === 'misfit' ? 'none' : String(subject.version),
        ]),
    },
  },
};
const service = smallService(projecting([model], []));
let base: TestDatabase;
let db: ServiceDatabase;

beforeAll(async () => {
  base = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
  const { app: url, operator: operatorUrl } = base.urls;
  db = openDatabase({
    url,
    operatorUrl,
    schema: service.schema,
    source: '/services/test',
    clock: systemClock(),
    outbox,
    poolSize: 4,
  });
});
afterAll(async () => {
  await db?.close();
  await base?.drop();
});

let offset = 0;
function message(
  key: string,
  version: number,
  { id = newEventId(), reason = 'test', accountId = 'acc_1' } = {},
): Incoming {
  const fact: Fact<'webhook.disabled'> = {
    type: 'webhook.disabled',
    data: { endpointId: key, version, accountId, reason },
  };
  const event = {
    ...fact,
    id,
    source: '/test',
    time: new Date(),
    actor: 'system:test',
    causationId: id,
    correlationId: id,
    subject: subjectOf(fact),
  } as Event;
  return {
    topic: fact.type,
    partition: 0,
    offset: String(offset++),
    key,
    value: JSON.stringify(fact.data),
    headers: headersOf(event),
  };
}

/** @returns the number of round trips to the database, once its connections are open. */
async function handled(...messages: Incoming[]): Promise<number> {
  const sent = jest.spyOn(pg.Client.prototype, 'query');
  try {
    expect(
      await handleMessages(
        { group: 'accord.test', database: db, subscriptions: service.subscriptions, log },
        messages,
      ),
    ).toBe(true);
    return sent.mock.calls.length;
  } finally {
    sent.mockRestore();
  }
}

const newKey = () => `whe_${randomUUID()}`;
const rows = async <Row>(sql: string, values: unknown[]) =>
  (await db.pools().operator.query(sql, values)).rows as Row[];
const seen = async (key: string) =>
  (await rows<{ version: string }>('select version from seen where key = $1 order by at_seq', [key])).map(
    ({ version }) => Number(version),
  );
const parked = (key: string) =>
  rows<{ status: string }>('select status from parked_events where key = $1 order by seq', [key]);

test('EVT-8 fresh events of several accounts have their effect in one round trip', async () => {
  const [one, two] = [newKey(), newKey()];
  await handled(message(newKey(), 1));
  expect(await handled(message(one, 1), message(two, 1, { accountId: 'acc_2' }), message(one, 2))).toBe(1);
  expect([await seen(one), await seen(two)]).toEqual([[1, 2], [1]]);
});

test('EVT-8 a repeat alone, among other events or twice in a batch has no effect', async () => {
  const key = newKey();
  const [first, second] = [message(key, 1), message(key, 2)];
  await handled(first);
  await handled(first);
  await handled(first, second, message(key, 3));
  const last = message(key, 4);
  await handled(last, last);
  expect(await seen(key)).toEqual([1, 2, 3, 4]);
  expect(await parked(key)).toEqual([]);
});

test('EVT-8 two consumers with the same events at the same moment have one effect, 50 rounds', async () => {
  for (let round = 0; round < 50; round += 1) {
    const key = newKey();
    const all = [message(key, 1), message(key, 2)];
    const ask = { group: 'accord.test', database: db, subscriptions: service.subscriptions, log };
    expect(await Promise.all([handleMessages(ask, all), handleMessages(ask, all)])).toEqual([true, true]);
    expect(await seen(key)).toEqual([1, 2]);
  }
});

test('EVT-8 a connection that ends before the answer leaves all or nothing, and a repeat completes it', async () => {
  const superuser = new pg.Client({ connectionString: base.url });
  await superuser.connect();
  let ended = 0;
  for (let round = 0; round < 20; round += 1) {
    const key = newKey();
    const all = [message(key, 1), message(key, 2)];
    const ask = { group: 'accord.test', database: db, subscriptions: service.subscriptions, log };
    const first = handleMessages(ask, all).catch((error: Error) => error);
    ended +=
      (
        await superuser.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'accord_notification'
            and datname = current_database()`,
        )
      ).rowCount ?? 0;
    await first;
    for (let again = 0; again < 10; again += 1)
      if ((await handleMessages(ask, all).catch(() => false)) === true) break;
    expect(await seen(key)).toEqual([1, 2]);
  }
  await superuser.end();
  expect(ended).toBeGreaterThan(20);
});

test('EVT-9 an event that cannot be written is parked with the later ones of its key; others go on', async () => {
  const [bad, good] = [newKey(), newKey()];
  await handled(message(good, 1), message(bad, 1, { reason: 'misfit' }), message(good, 2));
  await handled(message(bad, 2), message(good, 3));
  expect([await seen(bad), await seen(good)]).toEqual([[], [1, 2, 3]]);
  expect(await parked(bad)).toEqual([{ status: 'waiting' }, { status: 'waiting' }]);
  // For a second batches are checked first, because this key would refuse each of them.
  expect(await handled(message(good, 4))).toBe(2);
});
