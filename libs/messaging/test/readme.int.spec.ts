import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { applyTopics, openKafka, openSender, readTopics, type Incoming } from '@accord/kafka';
import { connect, type OwnConnection } from '@accord/postgres';
import { provisionDatabase } from '@accord/postgres/provision';
import { developmentPassword, until, urlsOf } from '@accord/testing';

// The service of the README is run from the README's own text, as a process beside real Postgres and Kafka.

const log = pino({ level: 'silent' });
const superuserUrl = process.env['ACCORD_POSTGRES_URL']!;
const brokers = process.env['ACCORD_KAFKA_BROKERS']!.split(',');
const name = `readme_${randomUUID().slice(0, 8)}`;
const topicPrefix = `${name}.`;
const topic = 'webhook.disabled';
const kafka = openKafka({ brokers, clientId: 'readme', topicPrefix, log });
const databaseUrl = Object.assign(new URL(superuserUrl), { pathname: `/${name}` }).href;
const folder = new URL(`../../../.accord/${name}/`, import.meta.url);

let server: OwnConnection;
let database: OwnConnection;
let service: ChildProcess;

async function exampleOfReadme(): Promise<string> {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block!);
  expect(blocks).toHaveLength(1);
  return blocks[0]!;
}

beforeAll(async () => {
  server = await connect(superuserUrl);
  await server.query(`create database ${name}`);
  await provisionDatabase(databaseUrl, { passwordOf: developmentPassword });
  database = await connect(databaseUrl, { settings: { search_path: 'notifications' } });
  await applyTopics({ brokers, topicPrefix, log }, { topics: [topic], replication: 1, partitions: 1 });

  await mkdir(folder, { recursive: true });
  const file = fileURLToPath(new URL('service.ts', folder));
  await writeFile(file, await exampleOfReadme());
  const { owner, app, operator } = urlsOf(databaseUrl, 'notification');
  const settings = {
    OWNER_URL: owner,
    APP_URL: app,
    OPERATOR_URL: operator,
    BROKERS: brokers.join(','),
    TOPIC_PREFIX: topicPrefix,
  };
  service = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', file], {
    env: { ...process.env, NODE_OPTIONS: '', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
});

afterAll(async () => {
  service?.kill('SIGKILL');
  await database?.end();
  await server?.query(`drop database if exists ${name} with (force)`);
  await server?.end();
  await rm(folder, { recursive: true, force: true });
});

const letters = async () =>
  (await database.query<{ endpoint_id: string; reason: string }>('select endpoint_id, reason from letters'))
    .rows;

/** The message as the relay sent it. */
async function announced(): Promise<Incoming> {
  const messages: Incoming[] = [];
  const reader = await readTopics(kafka, {
    reader: 'readme',
    topics: [topic],
    onMessages: (_topic, _partition, read) => void messages.push(...read),
  });
  await reader.untilRead(await reader.offsetRanges());
  await reader.close();
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

test('the example of at most 40 lines writes a row, announces an event and handles it', async () => {
  expect((await exampleOfReadme()).trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  await until('the event has its effect', async () => (await letters().catch(() => [])).length > 0);
  expect(await letters()).toEqual([{ endpoint_id: 'whe_1', reason: 'it never answers' }]);
  expect((await database.query('select endpoint_id from endpoints')).rows).toEqual([
    { endpoint_id: 'whe_1' },
  ]);
  await until(
    'nothing is left in the outbox',
    async () => (await database.query('select from outbox')).rowCount === 0,
  );
});

test('EVT-8 the event has its effect once, however often it comes', async () => {
  const { key, value, headers } = await announced();
  const other = {
    value: JSON.stringify({ ...JSON.parse(value), version: 2, reason: 'another' }),
    headers: { ...headers, ce_id: randomUUID() },
  };
  const sender = await openSender(kafka);
  await sender.send([...[1, 2, 3].map(() => ({ topic, key, value, headers })), { topic, key, ...other }]);
  await sender.close();
  await until('the event behind the repeats has its effect', async () =>
    (await letters()).some(({ reason }) => reason === 'another'),
  );
  expect((await letters()).map(({ reason }) => reason)).toEqual(['it never answers', 'another']);
});

test('the example ends when it is told to', async () => {
  service.kill('SIGTERM');
  const [code] = (await once(service, 'exit')) as [number | null];
  expect(code).toBe(0);
});
