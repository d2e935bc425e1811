import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { certificatePem, issue, packKey } from '../test/certificates.ts';
import { readConfig, sealKeyOf, timeStampsOf } from './config.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'contract-config-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const log = { info: () => undefined, warn: () => undefined } as unknown as Logger;

const needed = {
  ACCORD_ENV: 'production',
  ACCORD_DATABASE_URL: 'postgres://a@db/accord',
  ACCORD_OPERATOR_DATABASE_URL: 'postgres://b@db/accord',
  ACCORD_KAFKA_BROKERS: 'kafka:9092',
  ACCORD_TOKEN_ISSUER: 'https://id.example',
  ACCORD_JWKS_URL: 'https://id.example/keys',
  PROVIDER_PROFILE: 'baidu',
};
const read = (env: Record<string, string>) => readConfig({ ...needed, ...env });
const signer = {
  ACCORD_SEAL_SIGNER_URL: 'https://signer.example/v1/keys/seal/sign',
  ACCORD_SEAL_SIGNER_TOKEN: 's3cret',
  ACCORD_SEAL_CERTIFICATE_FILE: '/run/seal.pem',
};
const stamps = { ACCORD_TSA_URL: 'https://tsa.example', ACCORD_TSA_ISSUERS_FILE: '/run/issuers.pem' };

describe('CTR-22 CTR-37 settings of the seal that do not fit together are refused by name', () => {
  test.each<[string, Record<string, string>]>([
    [
      'ACCORD_SEAL_P12 and ACCORD_SEAL_SIGNER_URL are both set',
      { ...signer, ACCORD_SEAL_P12: '/run/seal.p12' },
    ],
    ['ACCORD_SEAL_SIGNER_URL: ', { ...signer, ACCORD_SEAL_SIGNER_URL: 'http://signer.example' }],
    ['ACCORD_SEAL_CERTIFICATE_FILE is missing', { ...signer, ACCORD_SEAL_CERTIFICATE_FILE: '' }],
    [
      'ACCORD_SEAL_SIGNER_TOKEN or ACCORD_SEAL_SIGNER_CERTIFICATE_FILE is missing',
      { ...signer, ACCORD_SEAL_SIGNER_TOKEN: '' },
    ],
    ['ACCORD_SEAL_SIGNER_TOKEN is set, and ACCORD_SEAL_SIGNER_URL is not', { ACCORD_SEAL_SIGNER_TOKEN: 'a' }],
    ['ACCORD_TSA_ISSUERS_FILE is missing', { ...stamps, ACCORD_TSA_ISSUERS_FILE: '' }],
    [
      'ACCORD_TSA_ISSUERS_FILE is set, and ACCORD_TSA_URL is not',
      { ACCORD_TSA_ISSUERS_FILE: '/run/issuers.pem' },
    ],
    ['of ACCORD_TSA_USER and ACCORD_TSA_PASSWORD one is missing', { ...stamps, ACCORD_TSA_USER: 'accord' }],
    ['ACCORD_TSA_POLICY: is an object identifier', { ...stamps, ACCORD_TSA_POLICY: 'best' }],
    [
      'ACCORD_TSA_PASSWORD needs ACCORD_TSA_URL by https:',
      { ...stamps, ACCORD_TSA_URL: 'http://tsa.example', ACCORD_TSA_USER: 'a', ACCORD_TSA_PASSWORD: 'b' },
    ],
  ])('%s', (says, env) => {
    expect(() => read(env)).toThrow(says);
  });

  test('while those that do are taken', () => {
    for (const env of [{}, signer, stamps, { ...signer, ...stamps }]) expect(() => read(env)).not.toThrow();
  });
});

test('CTR-22 the key is the file’s, or that of the port’s certificates; what is no key refuses the start', async () => {
  const own = await issue();
  const { p12, password } = await packKey(own);
  const mounted = {
    ACCORD_SEAL_P12: file('seal.p12', p12),
    ACCORD_SEAL_PASSWORD_FILE: file('password', password),
  };
  const atPort = { ...signer, ACCORD_SEAL_CERTIFICATE_FILE: file('seal.pem', certificatePem(own)) };
  for (const env of [mounted, atPort]) {
    const key = await sealKeyOf(read(env), log);
    expect([key.test, key.chains[0][0].subject, key.port === undefined]).toEqual([
      false,
      'CN=Example Seal',
      env === mounted,
    ]);
  }
  const refused = (env: Record<string, string>) => expect(sealKeyOf(read(env), log)).rejects;
  await refused({}).toThrow('production needs a PKCS#12 file or a signing port');
  await refused({ ...mounted, ACCORD_SEAL_PASSWORD_FILE: file('wrong', 'wrong') }).toThrow('cannot be used');
  await refused({ ...atPort, ACCORD_SEAL_CERTIFICATE_FILE: file('none.pem', '') }).toThrow('has none in PEM');
});

test('API-17 CTR-37 an authority without TLS is named, and its issuers are there at the start', async () => {
  const issuers = { ACCORD_TSA_ISSUERS_FILE: file('issuers.pem', certificatePem(await issue({ ca: true }))) };
  const opened = (env: Record<string, string>) => timeStampsOf(read(env), log);
  expect(await opened({})).toBeUndefined();
  expect(await opened({ ...stamps, ...issuers })).toMatchObject({ stamp: expect.any(Function) });
  const plain = { ...stamps, ...issuers, ACCORD_TSA_URL: 'http://tsa.example' };
  await expect(opened(plain)).rejects.toThrow(
    'ACCORD_TSA_URL is without TLS, and ACCORD_PLAIN_WIRES does not have tsa',
  );
  expect(await opened({ ...plain, ACCORD_PLAIN_WIRES: 'tsa' })).toBeDefined();
  await expect(opened({ ...stamps, ACCORD_TSA_ISSUERS_FILE: file('empty.pem', '') })).rejects.toThrow(
    'ACCORD_TSA_ISSUERS_FILE has no certificate in PEM',
  );
});
