import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  answers,
  asSuperuser,
  bringJars,
  freePort,
  placeOf,
  startBackground,
  startPostgres,
  type Background,
} from '@accord/local/parts';
import { freshTopic, home, type Environment } from './environment.ts';
import { messages } from './messages.ts';
import { debeziums, fill, headerColumns } from './outbox.ts';
import { arrived } from './topic.ts';

const libs = fileURLToPath(new URL('../../.accord/debezium/libs', import.meta.url));
const pom = fileURLToPath(new URL('./debezium/pom.xml', import.meta.url));

/**
 * The relay that most teams would take: Debezium's Postgres connector with its outbox event router, on Kafka
 * Connect. Between measurements it rests.
 */
export interface Debezium {
  /**
   * Superuser's URL of a database with its outbox, on a Postgres of its own: one that writes its log for
   * logical decoding.
   */
  readonly databaseUrl: string;
  readonly pid: number;
  resume(): Promise<void>;
  /** Its place in the log is kept. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Stopped with the environment at the latest. Undefined, and said so on the error output, where its jars cannot be
 * brought.
 */
export async function startDebezium(environment: Environment): Promise<Debezium | undefined> {
  try {
    await bringJars({ pom, libs });
  } catch (error) {
    console.error(`Debezium is not measured: ${(error as Error).message}`);
    return undefined;
  }
  const started = new AsyncDisposableStack();
  environment.onStop(() => started.disposeAsync());
  const dataDir = join(home, 'debezium', 'postgres');
  started.defer(() => rmSync(placeOf(dataDir), { recursive: true, force: true, maxRetries: 3 }));
  const postgres = await startPostgres({
    dataDir,
    settings: { track_commit_timestamp: 'on', wal_level: 'logical' },
  });
  started.defer(() => postgres.stop());
  await asSuperuser(postgres.url, (client) => client.query(debeziums.create));
  const { program, url } = await startConnect(environment);
  started.defer(() => program.stop('SIGTERM', 5_000));
  await answers(program, () => ask(`${url}/connectors`), 60_000);
  const debezium = {
    databaseUrl: postgres.url,
    pid: program.pid,
    ...(await createConnector(url, postgres.url)),
    stop: () => started.disposeAsync(),
  };
  await publishOne(environment, debezium);
  return debezium;
}

/** A heap half of what Connect's own script allows. */
async function startConnect({ brokers }: Environment): Promise<{ program: Background; url: string }> {
  const folder = join(home, 'debezium');
  const url = `http://127.0.0.1:${await freePort()}`;
  mkdirSync(join(folder, 'plugins'), { recursive: true });
  const worker = {
    'bootstrap.servers': brokers.join(','),
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'header.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': '1000',
    listeners: url,
    'plugin.discovery': 'only_scan',
    'plugin.path': join(folder, 'plugins'),
  };
  const properties = join(folder, 'worker.properties');
  writeFileSync(
    properties,
    Object.entries(worker)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const program = await startBackground({
    name: 'Kafka Connect',
    command: 'java',
    args: [
      '-Xmx1g',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      join(libs, '*'),
      'org.apache.kafka.connect.cli.ConnectStandalone',
      properties,
    ],
    env: process.env,
    log: join(home, 'logs', 'connect.log'),
    pidFile: join(folder, 'pid'),
  });
  return { program, url };
}

async function createConnector(
  connectUrl: string,
  databaseUrl: string,
): Promise<Pick<Debezium, 'resume' | 'rest'>> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const config = {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': hostname,
    'database.port': port,
    'database.user': username,
    'database.password': password,
    'database.dbname': pathname.slice(1),
    'topic.prefix': 'debezium',
    'plugin.name': 'pgoutput',
    'publication.autocreate.mode': 'filtered',
    'table.include.list': `public.${debeziums.table}`,
    'snapshot.mode': 'no_data',
    'tombstones.on.delete': 'false',
    // Half a second by default, which would be its delay.
    'poll.interval.ms': '5',
    'max.batch.size': '4096',
    'max.queue.size': '16384',
    transforms: 'outbox',
    'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
    'transforms.outbox.route.topic.replacement': '${routedByValue}',
    'transforms.outbox.table.fields.additional.placement': headerColumns
      .map(({ header, column }) => `${column}:header:${header}`)
      .join(','),
  };
  await ask(`${connectUrl}/connectors`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'outbox', config }),
  });
  const until = async (state: string, tasks: number) => {
    for (;;) {
      const status = (await ask(`${connectUrl}/connectors/outbox/status`).catch(() => undefined)) as
        | Status
        | undefined;
      const failed = status?.tasks.find((task) => task.state === 'FAILED');
      if (failed) throw new Error(`Debezium's task failed: ${failed.trace}`);
      if (
        status?.connector.state === state &&
        status.tasks.filter((task) => task.state === 'RUNNING').length === tasks
      )
        return;
      await sleep(20);
    }
  };
  await until('RUNNING', 1);
  const put = (act: string) => ask(`${connectUrl}/connectors/outbox/${act}`, { method: 'PUT' });
  return {
    resume: () => put('resume').then(() => until('RUNNING', 1)),
    rest: () => put('stop').then(() => until('STOPPED', 0)),
  };
}

interface Status {
  readonly connector: { readonly state: string };
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[];
}

async function ask(url: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return text && JSON.parse(text);
}

/**
 * Before it has published something it has no place in the log to keep, and would pass over what is written
 * while it rests.
 */
async function publishOne({ brokers }: Environment, { databaseUrl, rest }: Debezium): Promise<void> {
  const topicPrefix = await freshTopic(brokers);
  await asSuperuser(databaseUrl, (client) => fill(client, debeziums, { work: messages(1, 1), topicPrefix }));
  await arrived(brokers, topicPrefix, 1);
  await rest();
}

/** Resident megabytes of a process at its highest so far. */
export function highestMegabytes(pid: number): number {
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return (kilobytes * 1_024) / 1e6;
}
