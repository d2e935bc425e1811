import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { openAdmin, openKafka } from '@accord/kafka';
import { bringKafka, kafkaLibs } from '../prerequisites.mjs';
import { answers, endLeftover, freePort, startBackground, startOnPort } from './background.ts';

/** Same here and in docker-compose.yml: one broker that is its own controller, topics made by us alone. */
export const brokerSettings = {
  'node.id': '1',
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  // A killed broker is known as gone after 2 s; with the default of 9 s it needs 12 to come back.
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
} as const;

export interface EmbeddedKafka {
  /** `127.0.0.1:9092` */
  readonly brokers: string;
  readonly port: number;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

interface KafkaAsk {
  readonly dataDir: string;
  /** Another is taken where somebody has it, except where `settings.listeners` is given. */
  readonly port?: number;
  readonly jit?: boolean;
  readonly heapMb?: number;
  /** Folder of the jars; absent: the one kept in `.accord`. */
  readonly libs?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Of the cluster that it is a part of, 22 characters of base64url; absent: one of its own. */
  readonly clusterId?: string;
}

/**
 * One Kafka 4.3 broker, its data in `dataDir`. With `jit` it is as the benchmark wants it: compiled fully,
 * and never stopped to collect its garbage; without, it starts sooner and stays smaller.
 *
 * It is ours that answers, told by the id of its cluster: another that listens on the port is never taken for it.
 *
 * @throws Error with the end of its log where it does not come up, or saying what to install where Java or
 * Maven is missing.
 */
export async function startKafka(ask: KafkaAsk): Promise<EmbeddedKafka> {
  const { dataDir, libs = kafkaLibs } = ask;
  await bringKafka(libs);
  mkdirSync(dataDir, { recursive: true });
  await endLeftover(join(dataDir, 'pid'), dataDir, 'SIGKILL');
  // Listeners that are told have their ports in them.
  const listens = ask.settings?.['listeners'] !== undefined && ask.port !== undefined;
  return listens ? startBroker(ask, ask.port) : startOnPort(ask.port, (port) => startBroker(ask, port));
}

async function startBroker(ask: KafkaAsk, port: number): Promise<EmbeddedKafka> {
  const { dataDir, libs = kafkaLibs, heapMb = 384 } = ask;
  const properties = join(dataDir, 'server.properties');
  writeFileSync(
    properties,
    serverProperties({ dataDir, port, controllerPort: await freePort(), settings: ask.settings ?? {} }),
  );
  const classPath = ['-cp', join(libs, '*')];
  const meta = join(dataDir, 'log', 'meta.properties');
  if (!existsSync(meta)) format({ classPath, properties, clusterId: ask.clusterId });
  const clusterId = /^cluster\.id=(.+)$/m.exec(readFileSync(meta, 'utf8'))?.[1];

  const program = await startBackground({
    name: 'Kafka',
    command: 'java',
    args: [
      `-Xmx${heapMb}m`,
      ...(ask.jit ? ['-XX:+UseZGC', `-Xms${heapMb}m`] : ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']),
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      ...classPath,
      'kafka.Kafka',
      properties,
    ],
    env: process.env,
    log: join(dirname(dataDir), 'logs', 'kafka.log'),
    pidFile: join(dataDir, 'pid'),
  });
  const brokers = `127.0.0.1:${port}`;
  await answers(program, () => greet(brokers, clusterId));
  return { brokers, port, pid: program.pid, kill: program.kill, stop: () => program.stop('SIGTERM', 6_000) };
}

function format({
  classPath,
  properties,
  clusterId,
}: {
  classPath: string[];
  properties: string;
  clusterId: string | undefined;
}) {
  const id = clusterId ?? createHash('sha256').update(properties).digest('base64url').slice(0, 22);
  const args = [
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    ...classPath,
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${id}`,
    '--config',
    properties,
  ];
  execFileSync('java', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

function serverProperties(ask: {
  dataDir: string;
  port: number;
  controllerPort: number;
  settings: Readonly<Record<string, string>>;
}): string {
  const lines = {
    ...brokerSettings,
    listeners: `PLAINTEXT://127.0.0.1:${ask.port},CONTROLLER://127.0.0.1:${ask.controllerPort}`,
    'controller.quorum.voters': `1@127.0.0.1:${ask.controllerPort}`,
    'log.dirs': join(ask.dataDir, 'log'),
    ...ask.settings,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

async function greet(brokers: string, clusterId: string | undefined) {
  const log = pino({ level: 'silent' });
  const admin = await openAdmin(
    openKafka({ brokers: [brokers], clientId: 'accord-local', topicPrefix: '', log, retries: 0 }),
  );
  try {
    const cluster = await admin.cluster();
    if (cluster.id !== clusterId) throw new Error(`the broker of another cluster answers: ${cluster.id}`);
    if (cluster.brokers === 0) throw new Error('the broker has not registered yet');
  } finally {
    await admin.close();
  }
}
