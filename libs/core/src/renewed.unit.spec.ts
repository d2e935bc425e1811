import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { renewed } from './renewed.ts';
import { readSettings } from './settings.ts';

const settings = z.object({
  ACCORD_DATABASE_URL: renewed(z.url()).optional(),
  ACCORD_SECRET: renewed(z.string().regex(/^[a-z]+$/)),
});
const folder = mkdtempSync(join(tmpdir(), 'renewed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'secret');
const write = (text: string) => writeFileSync(path, text);
const read = (env: Readonly<Record<string, string>> = {}) =>
  readSettings(settings, { ACCORD_SECRET_FILE: path, ...env });

test('API-17 a secret is read anew; a file that is away or wrong meanwhile changes nothing', () => {
  write('first\n');
  const { ACCORD_SECRET: secret } = read();
  expect(secret()).toBe('first');
  write('second\n');
  expect(secret()).toBe('second');
  write('3');
  expect(secret()).toBe('second');
  rmSync(path);
  expect(secret()).toBe('second');
  expect(() => read()).toThrow('settings: ACCORD_SECRET_FILE: ENOENT');
});

test('API-17 a secret that is refused gives way to the one before, and that to it', () => {
  write('old');
  const { ACCORD_SECRET: secret } = read();
  expect(secret.refused('old')).toBe(false);
  write('new');
  expect(secret()).toBe('new');
  expect(secret.refused('new')).toBe(true);
  expect(secret()).toBe('old');
  // The server has learnt the new one meanwhile, and knows the old one no more.
  expect(secret.refused('old')).toBe(true);
  expect(secret()).toBe('new');
  expect(secret.refused('new')).toBe(false);
});

test('API-17 the address of a role follows the file of its password', () => {
  write('first');
  const parts = {
    ACCORD_SECRET_FILE: '',
    ACCORD_SECRET: 'a',
    ACCORD_ENV: 'development',
    ACCORD_DATABASE_URL: 'postgres://a@db:1/x',
    ACCORD_DATABASE_PASSWORD_FILE: path,
  };
  const { ACCORD_DATABASE_URL: url } = read(parts);
  expect(url!()).toBe('postgres://a:first@db:1/x');
  write('second');
  expect(url!()).toBe('postgres://a:second@db:1/x');
});
