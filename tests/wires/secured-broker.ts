import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePort, startKafka, type EmbeddedKafka } from '@accord/local/parts';
import { kafkaLibs } from '../../deploy/local/prerequisites.mjs';
import type { Authority } from './certificates.ts';

export interface SecuredBroker {
  /** TLS with SASL: SCRAM-SHA-512, PLAIN, OAUTHBEARER. */
  readonly sasl: string;
  /** TLS with client certificates, whose common name is the principal. */
  readonly mutual: string;
  /** Without TLS, for a superuser: nobody else may reach it. */
  readonly plain: string;
  /** Sets the SCRAM password of a user. */
  setPassword(user: string, password: string): Promise<void>;
  /** Gives it another certificate, by this authority; it takes clients of these ones. */
  certify(by: Authority, clientsOf: readonly Authority[]): Promise<void>;
  stop(): Promise<void>;
}

/** The passwords of PLAIN are the broker's own setting. */
export const plainPassword = (user: string) => `plain-${user}`;

const jaas = 'org.apache.kafka.common.security';

/**
 * A broker with its authorizer on: without an access list nobody may do anything, but for `ANONYMOUS` on the plain
 * listener.
 *
 * @param folder that it may read; its certificate is `server.pem` there.
 */
export async function startSecuredBroker(ask: {
  folder: string;
  authority: Authority;
  plainUsers: readonly string[];
}): Promise<SecuredBroker> {
  const { folder, authority, plainUsers } = ask;
  const [plain, sasl, mutual, controller] = await Promise.all([0, 0, 0, 0].map(() => freePort()));
  const { certificate, key } = await authority.issue('broker');
  const [keystore, truststore] = [join(folder, 'server.pem'), join(folder, 'trusted.pem')];
  writeFileSync(keystore, certificate + key);
  writeFileSync(truststore, authority.certificate);
  const users = plainUsers.map((user) => `user_${user}="${plainPassword(user)}"`).join(' ');
  const listener = 'listener.name.sasl_ssl';
  const kafka: EmbeddedKafka = await startKafka({
    dataDir: join(folder, 'broker'),
    port: plain!,
    settings: {
      listeners:
        `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${sasl},SSL://127.0.0.1:${mutual},` +
        `CONTROLLER://127.0.0.1:${controller}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
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
      [`${listener}.connections.max.reauth.ms`]: '12000',
      'offsets.topic.num.partitions': '1',
      'broker.session.timeout.ms': '30000',
    },
  });
  return {
    sasl: `127.0.0.1:${sasl}`,
    mutual: `127.0.0.1:${mutual}`,
    plain: kafka.brokers,
    async setPassword(user, password) {
      const config = `SCRAM-SHA-512=[iterations=4096,password=${password}]`;
      await promisify(execFile)('java', [
        ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafkaLibs, '*')],
        ...['kafka.admin.ConfigCommand', '--bootstrap-server', kafka.brokers, '--alter'],
        ...['--entity-type', 'users', '--entity-name', user, '--add-config', config],
      ]);
    },
    async certify(by, clientsOf) {
      const own = await by.issue('broker');
      // A file of another name: it reads none anew by itself.
      const [next, trusted] = ['server', 'trusted'].map((name) =>
        join(folder, `${name}-${clientsOf.length}.pem`),
      ) as [string, string];
      writeFileSync(next, own.certificate + own.key);
      writeFileSync(trusted, clientsOf.map(({ certificate: one }) => one).join(''));
      const admin = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      const configEntries = ['sasl_ssl', 'ssl'].flatMap((name) => [
        { name: `listener.name.${name}.ssl.keystore.location`, value: next },
        { name: `listener.name.${name}.ssl.truststore.location`, value: trusted },
      ]);
      const brokerResource = 4;
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: brokerResource, name: '1', configEntries }],
      });
      await admin.disconnect();
    },
    stop: kafka.stop,
  };
}
