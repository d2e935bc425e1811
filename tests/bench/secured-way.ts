import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaConfig } from 'kafkajs';
import type { Settings } from '@accord/local';
import { databaseUrl } from '@accord/local/parts';
import { makeAuthority } from '../wires/certificates.ts';
import { startSecuredBroker } from '../wires/secured-broker.ts';
import { speakTls } from '../wires/secured-postgres.ts';
import { home, startEnvironment, type Environment } from './environment.ts';

/** To Kafka by TLS and SCRAM-SHA-512, to Postgres by TLS that verifies it. */
export interface SecuredWay {
  /** Settings of what connects to Kafka. */
  readonly wire: Settings;
  /** For kafkajs as it comes. */
  readonly kafka: KafkaConfig;
  /** Settings of a service. */
  readonly service: Settings;
  /** A role's address, by this way. */
  urlOf(plain: string): string;
}

/** An environment whose broker, with its authorizer on, and whose Postgres are reached both ways. */
export async function startSecuredEnvironment(): Promise<{ environment: Environment; way: SecuredWay }> {
  const authority = await makeAuthority('Bench CA');
  const folder = join(home, 'wires');
  const ca = join(folder, 'ca.crt');
  const password = randomBytes(16).toString('hex');
  let sasl = '';
  const environment = await startEnvironment(async () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    writeFileSync(ca, authority.certificate);
    const broker = await startSecuredBroker({
      ...{ folder, authority, plainUsers: [], superUsers: ['bench'], sessionMs: 3_600_000 },
      machine: { jit: true, heapMb: 2_048 },
    });
    await broker.setPassword('bench', password);
    ({ sasl } = broker);
    return { brokers: broker.plain, stop: broker.stop };
  });
  await speakTls(databaseUrl(await environment.makeDatabase('accord'), 'postgres'), authority);
  const wire = {
    ACCORD_KAFKA_BROKERS: sasl,
    ACCORD_KAFKA_CA_FILE: ca,
    ACCORD_KAFKA_MECHANISM: 'SCRAM-SHA-512',
    ACCORD_KAFKA_USER: 'bench',
    ACCORD_KAFKA_PASSWORD: password,
  };
  const way: SecuredWay = {
    wire,
    kafka: {
      brokers: [sasl],
      ssl: { ca: authority.certificate },
      sasl: { mechanism: 'scram-sha-512', username: 'bench', password },
    },
    service: { ...wire, ACCORD_PLAIN_WIRES: 'jwks,smtp', ACCORD_DATABASE_CA_FILE: ca },
    urlOf: (plain) => `${plain}?sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`,
  };
  return { environment, way };
}
