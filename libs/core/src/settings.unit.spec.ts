import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { readSettings } from './settings.ts';

const settings = z.object({
  ACCORD_PORT: z.coerce.number().int().default(8080),
  ACCORD_DATABASE_URL: z.url(),
  ACCORD_OWNER_DATABASE_URL: z.url().optional(),
  ACCORD_SECRET: z.string().min(3).optional(),
});
const url = 'postgres://accord@db/accord';
const read = (env: Readonly<Record<string, string>>) =>
  readSettings(settings, { ACCORD_ENV: 'development', ...env });

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(content: string): string {
  const path = join(folder, String(Math.random()));
  writeFileSync(path, content);
  return path;
}

test('an empty variable is a missing one, and every fault is told at once, without a value', () => {
  expect(read({ ACCORD_DATABASE_URL: url, ACCORD_SECRET: '' })).toEqual({
    ACCORD_PORT: 8080,
    ACCORD_DATABASE_URL: url,
  });
  expect(() => read({ ACCORD_PORT: '1.5', ACCORD_SECRET: 'ab' })).toThrow(
    /^settings: ACCORD_PORT: .*; ACCORD_DATABASE_URL is missing; ACCORD_SECRET: (?!.*ab)/,
  );
});

test('variables that Kubernetes sets for a Service called accord are no settings', () => {
  const links = { ACCORD_PORT: 'tcp://10.0.0.1:80', ACCORD_PORT_80_TCP: 'tcp://10.0.0.1:80' };
  expect(read({ ACCORD_DATABASE_URL: url, ...links }).ACCORD_PORT).toBe(8080);
  expect(
    read({
      ACCORD_DATABASE_USER: 'a',
      ACCORD_DATABASE_HOST: 'db',
      ACCORD_DATABASE_PORT: 'tcp://10.0.0.2:5432',
    }).ACCORD_DATABASE_URL,
  ).toBe('postgres://a@db:5432/accord');
});

test('API-17 a setting may be in a file; the end of its line is no part of it', () => {
  const given = { ACCORD_DATABASE_URL_FILE: file(`${url}\n`), ACCORD_SECRET_FILE: file(' s e\n\n') };
  expect(read(given)).toMatchObject({ ACCORD_DATABASE_URL: url, ACCORD_SECRET: ' s e\n' });
  expect(() => read({ ...given, ACCORD_SECRET_FILE: '/nowhere' })).toThrow(
    'settings: ACCORD_SECRET_FILE: ENOENT: no such file or directory',
  );
  expect(() => read({ ...given, ACCORD_DATABASE_URL_FILE: file('\n') })).toThrow(
    'settings: ACCORD_DATABASE_URL is missing',
  );
  expect(() => read({ ...given, ACCORD_DATABASE_URL: url })).toThrow(
    'settings: ACCORD_DATABASE_URL and ACCORD_DATABASE_URL_FILE are both set',
  );
});

test.each([
  ['an address and its password', { _URL: 'postgres://a@db:1/x?sslmode=require', _PASSWORD: 'p@/ %' }],
  [
    'user, password, host, port and name',
    { _USER: 'a', _PASSWORD: 'p@/ %', _HOST: 'db', _PORT: '1', _NAME: 'x' },
  ],
] as const)('API-17 the address of a database role may come as %s', (_, parts) => {
  const given = Object.fromEntries(
    Object.entries(parts).map(([of, value]) => [`ACCORD_DATABASE${of}`, value]),
  );
  const { username, password, host, pathname } = new URL(read(given).ACCORD_DATABASE_URL);
  expect([username, decodeURIComponent(password), host, pathname]).toEqual(['a', 'p@/ %', 'db:1', '/x']);
});

test('API-17 another role takes the host, port and name of the first where it has none of its own', () => {
  const first = { ACCORD_DATABASE_USER: 'a', ACCORD_DATABASE_HOST: 'pooler', ACCORD_DATABASE_NAME: 'x' };
  const owner = { ACCORD_OWNER_DATABASE_USER: 'o', ACCORD_OWNER_DATABASE_PASSWORD_FILE: file('s\n') };
  expect(read({ ...first, ...owner })).toMatchObject({
    ACCORD_DATABASE_URL: 'postgres://a@pooler:5432/x',
    ACCORD_OWNER_DATABASE_URL: 'postgres://o:s@pooler:5432/x',
  });
  expect(read({ ...first, ...owner, ACCORD_OWNER_DATABASE_HOST: 'db' }).ACCORD_OWNER_DATABASE_URL).toBe(
    'postgres://o:s@db:5432/x',
  );
  expect(read(first).ACCORD_OWNER_DATABASE_URL).toBeUndefined();
  expect(() => read({ ACCORD_DATABASE_USER: 'a' })).toThrow('ACCORD_DATABASE_HOST is missing');
});

test('API-17 Postgres is reached by verified TLS, with the files of the role or else of the first', () => {
  const ca = file(rootCertificates[0]!);
  const parts = { ACCORD_ENV: 'production', ACCORD_DATABASE_HOST: 'db', ACCORD_DATABASE_USER: 'a' };
  const owner = { ACCORD_OWNER_DATABASE_USER: 'o', ACCORD_DATABASE_CA_FILE: ca };
  const tls = 'db:5432/accord?sslmode=verify-full';
  const trusted = `${tls}&sslrootcert=${encodeURIComponent(ca)}`;
  expect(read({ ...parts })).toEqual({ ACCORD_PORT: 8080, ACCORD_DATABASE_URL: `postgres://a@${tls}` });
  expect(read({ ...parts, ...owner })).toMatchObject({
    ACCORD_DATABASE_URL: `postgres://a@${trusted}`,
    ACCORD_OWNER_DATABASE_URL: `postgres://o@${trusted}`,
  });
  const withOwn = `${url}?sslmode=require`;
  expect(read({ ACCORD_PLAIN_WIRES: 'postgres', ACCORD_DATABASE_URL: withOwn }).ACCORD_DATABASE_URL).toBe(
    `${url}?sslmode=verify-full`,
  );
});

test.each<[Readonly<Record<string, string>>, string]>([
  [
    { ACCORD_DATABASE_URL: `${url}?sslmode=disable` },
    'ACCORD_DATABASE_URL: sslmode=disable needs postgres in',
  ],
  [{ ACCORD_DATABASE_CA_FILE: '/nowhere' }, 'ACCORD_DATABASE_CA_FILE: ENOENT'],
  [{ ACCORD_DATABASE_CA_FILE: '/etc/hostname' }, 'ACCORD_DATABASE_CA_FILE: has no certificate in PEM'],
  [{ ACCORD_DATABASE_KEY_FILE: '/etc/hostname' }, 'ACCORD_DATABASE_CERTIFICATE_FILE is missing'],
  [
    { ACCORD_DATABASE_CA_FILE: '/etc/hostname', ACCORD_PLAIN_WIRES: 'kafka,postgres' },
    'ACCORD_DATABASE_CA_FILE is set, and ACCORD_PLAIN_WIRES has postgres',
  ],
])('API-17 a wire to Postgres that is not right is refused by the name of its setting: %j', (env, reason) => {
  expect(() => read({ ACCORD_ENV: 'production', ACCORD_DATABASE_URL: url, ...env })).toThrow(
    `settings: ${reason}`,
  );
});
