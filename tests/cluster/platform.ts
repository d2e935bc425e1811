import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asSuperuser,
  databaseUrl,
  freePort,
  startKafka,
  startPostgres,
  type EmbeddedKafka,
  type EmbeddedPostgres,
} from '@accord/local/parts';
import { hostAddress } from './credentials.ts';

/** Postgres and Kafka beside the cluster, as a platform has them: none of them is in a pod. */
export interface Platform {
  readonly databaseHost: string;
  readonly databasePort: number;
  readonly brokers: string;
  /** Of the database's owner, who is no superuser. */
  readonly admin: { readonly username: string; readonly password: string };
  rows(sql: string, parameters?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Stopped as an administrator does, and started again. */
  restartPostgres(): Promise<void>;
  /** Killed, and started again. */
  restartKafka(): Promise<void>;
  stop(): Promise<void>;
}

const database = 'accord';
const admin = { username: 'accord_admin', password: 'proved-admin' };
const kafkaPort = 9092;

export async function startPlatform(home: string): Promise<Platform> {
  const databasePort = await freePort(5432);
  let postgres = await postgresAt(home, databasePort);
  let kafka = await kafkaAt(home);
  const url = () => databaseUrl(postgres.url, database);
  await asSuperuser(postgres.url, async (connection) => {
    await connection.query(`create role ${admin.username} login createrole password '${admin.password}'`);
    await connection.query(`create database ${database} owner ${admin.username}`);
  });
  return {
    databaseHost: hostAddress,
    databasePort,
    brokers: `${hostAddress}:${kafkaPort}`,
    admin,
    rows: (sql, parameters = []) =>
      asSuperuser(url(), async (connection) => (await connection.query(sql, [...parameters])).rows),
    async restartPostgres() {
      await postgres.stop();
      postgres = await postgresAt(home, databasePort);
    },
    async restartKafka() {
      kafka.kill('SIGKILL');
      kafka = await kafkaAt(home);
    },
    stop: async () => void (await Promise.all([postgres.stop(), kafka.stop()])),
  };
}

async function postgresAt(home: string, port: number): Promise<EmbeddedPostgres> {
  const rules = join(home, 'database', 'pg_hba.conf');
  mkdirSync(join(home, 'database'), { recursive: true });
  writeFileSync(rules, 'host all all 127.0.0.1/32 scram-sha-256\nhost accord all 10.0.0.0/8 scram-sha-256\n');
  chmodSync(rules, 0o644);
  const { uid, gid } = statSync(join(home, 'database'));
  chownSync(rules, uid, gid);
  return startPostgres({
    dataDir: join(home, 'database', 'postgres'),
    port,
    settings: { listen_addresses: `127.0.0.1,${hostAddress}`, hba_file: rules },
  });
}

const kafkaAt = (home: string): Promise<EmbeddedKafka> =>
  startKafka({
    dataDir: join(home, 'broker'),
    port: 29092,
    heapMb: 512,
    settings: {
      listeners: `PLAINTEXT://127.0.0.1:29092,PODS://${hostAddress}:${kafkaPort},CONTROLLER://127.0.0.1:29093`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:29092,PODS://${hostAddress}:${kafkaPort}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PODS:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'controller.quorum.voters': '1@127.0.0.1:29093',
    },
  });
