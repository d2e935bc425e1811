import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { readSettings } from '@accord/core/runtime';
import { kafkaAccess, kafkaSettings } from './kafka-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'kafka-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const [certificate] = rootCertificates;
const ca = file('ca.pem', certificate!);
const scram = {
  ACCORD_KAFKA_MECHANISM: 'SCRAM-SHA-512',
  ACCORD_KAFKA_USER: 'order',
  ACCORD_KAFKA_PASSWORD: 's3cret',
};
const access = (env: Readonly<Record<string, string>>) =>
  kafkaAccess(readSettings(kafkaSettings, { ACCORD_KAFKA_BROKERS: 'kafka:9093', ...env })).security;

test('API-17 without a word it is TLS; a plain wire is named, or in development', () => {
  expect(access({})).toEqual({ tls: expect.any(Function) });
  expect(access({ ACCORD_KAFKA_CA_FILE: ca, ...scram }).tls!()).toEqual({ ca: certificate });
  expect(access({ ACCORD_PLAIN_WIRES: 'postgres,kafka' })).toEqual({});
  expect(access({ ACCORD_ENV: 'development' })).toEqual({});
  expect(Object.keys(access({ ACCORD_ENV: 'development', ACCORD_PLAIN_WIRES: 'none' }))).toEqual(['tls']);
  expect(access({ ACCORD_PLAIN_WIRES: 'kafka', ...scram }).sasl).toMatchObject({ username: 'order' });
});

test.each<[Readonly<Record<string, string>>, string]>([
  [
    { ...scram, ACCORD_KAFKA_USER: '' },
    'ACCORD_KAFKA_USER is missing, and ACCORD_KAFKA_MECHANISM is SCRAM-SHA-512',
  ],
  [{ ...scram, ACCORD_KAFKA_PASSWORD: '' }, 'ACCORD_KAFKA_PASSWORD is missing, and'],
  [
    { ...scram, ACCORD_KAFKA_MECHANISM: '' },
    'ACCORD_KAFKA_USER is set, and ACCORD_KAFKA_MECHANISM is missing',
  ],
  [{ ...scram, ACCORD_KAFKA_TOKEN: 'a.b.c' }, 'ACCORD_KAFKA_TOKEN is set, and'],
  [{ ...scram, ACCORD_KAFKA_MECHANISM: 'OAUTHBEARER' }, 'ACCORD_KAFKA_USER is set, and'],
  [{ ACCORD_KAFKA_MECHANISM: 'OAUTHBEARER' }, 'ACCORD_KAFKA_TOKEN is missing, and'],
  [{ ACCORD_KAFKA_MECHANISM: 'OAUTHBEARER', ACCORD_KAFKA_TOKEN: 's3cret' }, 'ACCORD_KAFKA_TOKEN: '],
  [{ ACCORD_KAFKA_MECHANISM: 'GSSAPI' }, 'ACCORD_KAFKA_MECHANISM: '],
  [
    { ACCORD_KAFKA_CA_FILE: ca, ACCORD_PLAIN_WIRES: 'kafka' },
    'ACCORD_KAFKA_CA_FILE is set, and ACCORD_PLAIN_WIRES',
  ],
  [{ ACCORD_KAFKA_CA_FILE: '/nowhere' }, 'ACCORD_KAFKA_CA_FILE: ENOENT'],
  [{ ACCORD_KAFKA_CA_FILE: file('none.pem', 's3cret') }, 'ACCORD_KAFKA_CA_FILE: has no certificate in PEM'],
  [{ ACCORD_KAFKA_CERTIFICATE_FILE: ca }, 'ACCORD_KAFKA_KEY_FILE is missing'],
  [{ ACCORD_KAFKA_KEY_FILE: ca }, 'ACCORD_KAFKA_CERTIFICATE_FILE is missing'],
  [
    { ACCORD_KAFKA_CERTIFICATE_FILE: ca, ACCORD_KAFKA_KEY_FILE: file('other.key', 's3cret') },
    'ACCORD_KAFKA_KEY_FILE is not the key of the certificate',
  ],
])('API-17 what does not go together is refused by the names of the settings: %j', (env, reason) => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  expect(() => access(given)).toThrow(`settings: ${reason}`);
  expect(() => access(given)).not.toThrow('s3cret');
});
