import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startKafka, type EmbeddedKafka } from '@accord/local/parts';
import { until } from '@accord/testing';
import { kafkaLibs } from '../../deploy/local/prerequisites.mjs';
import { fingerprintOf, presentedBy, type Authority } from './certificates.ts';

export interface SecuredBroker {
  /** TLS with SASL: SCRAM-SHA-512, PLAIN, OAUTHBEARER. */
  readonly sasl: string;
  /** TLS with client certificates, whose common name is the principal. */
  readonly mutual: string;
  /** Without TLS, for a superuser: nobody else may reach it. */
  readonly plain: string;
  /** Sets the SCRAM password of a user. */
  setPassword(user: string, password: string): Promise<void>;
  /** Gives it another certificate, by this authority; it takes clients of these ones, once it is resolved. */
  certify(by: Authority, clientsOf: readonly Authority[]): Promise<void>;
  stop(): Promise<void>;
}

/** The passwords of PLAIN are the broker's own setting. */
export const plainPassword = (user: string) => `plain-${user}`;

const jaas = 'org.apache.kafka.common.security';

interface SecuredBrokerAsk {
  /** That it may read; its certificate is `server.pem` there. */
  readonly folder: string;
  readonly authority: Authority;
  readonly plainUsers: readonly string[];
  /** They may do everything, beside `ANONYMOUS`. */
  readonly superUsers?: readonly string[];
  /** Ms; how long a session by SASL lasts. */
  readonly sessionMs?: number;
  /** As the benchmark wants it; default: soon there, and small. */
  readonly machine?: Pick<Parameters<typeof startKafka>[0], 'jit' | 'heapMb'>;
}

/**
 * A broker with its authorizer on: without an access list nobody may do anything, but for `ANONYMOUS` on the plain
 * listener.
 */
export async function startSecuredBroker(ask: SecuredBrokerAsk): Promise<SecuredBroker> {
  const { folder, authority, plainUsers, superUsers = [], sessionMs = 10_000, machine } = ask;
  const [plain, sasl, mutual, controller] = await Promise.all([0, 0, 0, 0].map(() => freePort()));
  const { certificate, key } = await authority.issue('broker');
  const [keystore, truststore] = [join(folder, 'server.pem'), join(folder, 'trusted.pem')];
  writeFileSync(keystore, certificate + key);
  writeFileSync(truststore, authority.certificate);
  const users = plainUsers.map((user) => `user_${user}="${plainPassword(user)}"`).join(' ');
  const listener = 'listener.name.sasl_ssl';
  const kafka: EmbeddedKafka = await startKafka({
    ...machine,
    dataDir: join(folder, 'broker'),
    port: plain!,
    settings: {
      listeners:
        `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${sasl},SSL://127.0.0.1:${mutual},` +
        `CONTROLLER://127.0.0.1:${controller}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': ['ANONYMOUS', ...superUsers].map((user) => `User:${user}`).join(';'),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': truststore,
      'listener.name.ssl.ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:^CN=(.*?)$/$1/',
      [`${listener}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-512,PLAIN,OAUTHBEARER',
      [`${listener}.scram-sha-512.sasl.jaas.config`]: `${jaas}.scram.ScramLoginModule required;`,
      [`${listener}.plain.sasl.jaas.config`]: `${jaas}.plain.PlainLoginModule required ${users};`,
      // Takes tokens that nobody signed: what is proved here is that they arrive and are renewed.
      [`${listener}.oauthbearer.sasl.jaas.config`]: `${jaas}.oauthbearer.OAuthBearerLoginModule required;`,
      [`${listener}.connections.max.reauth.ms`]: String(sessionMs),
      'offsets.topic.num.partitions': '1',
      'broker.session.timeout.ms': '30000',
    },
  });
  /** As `kafka-configs.sh` does. */
  const configure = async (type: string, name: string, config: string) => {
    await promisify(execFile)('java', [
      ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafkaLibs, '*')],
      ...['kafka.admin.ConfigCommand', '--bootstrap-server', kafka.brokers, '--alter'],
      ...['--entity-type', type, '--entity-name', name, '--add-config', config],
    ]);
  };
  return {
    sasl: `127.0.0.1:${sasl}`,
    mutual: `127.0.0.1:${mutual}`,
    plain: kafka.brokers,
    setPassword: (user, password) =>
      configure('users', user, `SCRAM-SHA-512=[iterations=4096,password=${password}]`),
    async certify(by, clientsOf) {
      const own = await by.issue('broker');
      // Files of other names: it reads none anew by itself.
      const [next, trusted] = ['server', 'trusted'].map((name) =>
        join(folder, `${name}-${randomUUID()}.pem`),
      ) as [string, string];
      writeFileSync(next, own.certificate + own.key);
      writeFileSync(trusted, clientsOf.map(({ certificate: one }) => one).join(''));
      const of = ['sasl_ssl', 'ssl'].map((name) => `listener.name.${name}.ssl`);
      await configure(
        'brokers',
        '1',
        of
          .flatMap((name) => [`${name}.keystore.location=${next}`, `${name}.truststore.location=${trusted}`])
          .join(),
      );
      // It takes both up together, a moment after it has said that it will.
      for (const port of [sasl!, mutual!])
        await until(`the broker's certificate at ${port} is the new one`, async () => {
          return (await presentedBy(port)) === fingerprintOf(own.certificate);
        });
    },
    stop: kafka.stop,
  };
}
