import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constant } from '@accord/core/runtime';
import { loadProfile } from '@accord/profile';
import type { TestService } from '@accord/testing';
import type { SealKey } from '../src/seal/seal-key.ts';
import { chainsOfPem, openSigningPort } from '../src/seal/signing-port.ts';
import { openTimeStampAuthority } from '../src/seal/time-stamp-authority.ts';
import { contractService } from '../src/service.ts';
import { certificatePem, issue } from './certificates.ts';
import { announcedOf, openOffices, waiting } from './fixtures.ts';
import { startAuthority } from './local-authority.ts';
import { startSigner } from './local-signer.ts';
import { sampleOrder } from './sample-orders.ts';

// Sealing with others outside: a time stamp authority, and a key behind a signing port. Both are local ones, which
// also are away, lie, or hold an answer back.

const own = await issue();
const [authority, signer] = await Promise.all([startAuthority(), startSigner(own)]);
afterAll(() => Promise.all([authority.close(), signer.close()]));

const port = openSigningPort({
  url: new URL(signer.url),
  tls: () => ({ ca: signer.ca }),
  token: constant('s3cret'),
});
const chains = chainsOfPem(certificatePem(own));
const sealKey: SealKey = { test: false, chains, port, sign: (bytes) => port.sign(bytes, chains) };
const timeStamps = openTimeStampAuthority({
  url: new URL('/here', authority.url),
  tls: () => ({}),
  trusted: () => [new X509Certificate(authority.root.certificate)],
});

const { customerOf } = openOffices(
  (name) => (context) => contractService({ profile: loadProfile(name), sealKey, timeStamps }, context),
  'baidu',
  'alibaba',
);

type Customer = Awaited<ReturnType<typeof customerOf>>;
const drafted = async ({ placed, draft }: Customer) => draft((await placed(sampleOrder()))[0]!);
const statusOf = async ({ get }: Customer, contractId: string) => (await get(contractId)).status as string;
const finalized = ({ t }: Customer, contractId: string) =>
  t.event('contract.finalized', ({ contract }) => contract.contractId === contractId);
const hasStamp = async ({ client }: Customer, contractId: string) => {
  const { bytes } = await client.get(`/v1/contracts/${contractId}/document`);
  const contents = /\/Contents <([0-9a-f]+)>/.exec(bytes.toString('latin1'))![1]!;
  // signature-time-stamp, 1.2.840.113549.1.9.16.2.14
  return contents.includes('060b2a864886f70d010910020e');
};
/** One try, as the worker makes it, whatever it waits for; why it failed. */
const tryOnce = ({ t, accountId }: Customer, contractId: string): Promise<string | undefined> =>
  t.running.service.workers
    .find(({ name }) => name === 'sealing')!
    .run(t.running.db, { id: contractId, accountId })
    .then(
      () => undefined,
      (error: Error) => error.message,
    );
const attemptsOf = async ({ t }: Customer, contractId: string) => {
  const [row] = await t.sql<{ attempts: number; missed: boolean; leased: boolean }>(
    `select seal_attempts as attempts, stamp_missed_since is not null as missed,
        seal_lease_until > now() as leased from contracts where contract_id = $1`,
    [contractId],
  );
  return row;
};
const documentsOf = ({ t }: Customer, contractId: string) =>
  t.sql('select 1 from contract_documents where contract_id = $1', [contractId]);

test('CTR-37 CTR-22 an official file has its time stamp, by a key that is not in the process', async () => {
  const customer = await customerOf('baidu');
  const contractId = await drafted(customer);
  const { body } = await customer.client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting);
  expect(body.status).toBe('official');
  expect(await hasStamp(customer, contractId)).toBe(true);
  expect(signer.asked.flatMap(({ wrong }) => wrong)).toEqual([]);
  // The two offices share those outside, whose calls the one that was opened last counts.
  const { opsUrl } = (await customerOf('alibaba')).t;
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  expect(metrics).toMatch(
    /^accord_seal_certificate_days_left\{subject="CN=Time Stamps",use="time_stamp",.*\} \d/m,
  );
  expect(metrics).toMatch(
    /^accord_seal_certificate_days_left\{subject="CN=signer",use="signing_port",.*\} \d/m,
  );
  expect(metrics).toMatch(
    /^accord_seal_call_seconds_count\{.*to="time_stamp_authority",outcome="answered"\} \d/m,
  );
});

test('CTR-37 API-12 /startupz is up while a certificate ends, and says so', async () => {
  const { t } = await customerOf('baidu');
  const { run, due } = t.running.service.workers.find(({ name }) => name === 'seal-expiry')!;
  const startup = async () => (await fetch(`${t.opsUrl}/startupz`)).json();
  const look = () =>
    t.running.db.transaction({ kind: 'system', id: 'test' }, async (tx) => {
      for (const item of await due(tx, 10)) await run(t.running.db, item);
    });
  await look();
  expect(await startup()).toEqual({ status: 'up' });
  const offset = Date.parse('2048-12-30T00:00:00Z') - Date.now();
  t.clock.offsetMs += offset;
  try {
    await look();
    expect(await startup()).toMatchObject({
      status: 'up',
      warnings: expect.arrayContaining([
        expect.stringMatching(/^seal: CN=Example Seal ends within 7 days, /),
      ]),
    });
  } finally {
    t.clock.offsetMs -= offset;
    await look();
  }
});

test('CTR-37 an authority that is away or lies delays the seal, and no try counts, however many', async () => {
  const customer = await customerOf('baidu');
  const contractId = await drafted(customer);
  authority.mood = 'another nonce';
  try {
    await customer.client.post(`/v1/contracts/${contractId}/finalize`);
    const reasons: (string | undefined)[] = [];
    while (reasons.length < 8) reasons.push(await tryOnce(customer, contractId));
    for (const reason of reasons.filter((one) => one !== undefined))
      expect(reason).toMatch(/^time stamp authority: /);
    customer.t.clock.offsetMs += 400 * 86_400_000;
    await tryOnce(customer, contractId);
    customer.t.clock.offsetMs -= 400 * 86_400_000;
    expect(await statusOf(customer, contractId)).toBe('sealing');
    expect(await documentsOf(customer, contractId)).toEqual([]);
  } finally {
    authority.mood = 'honest';
  }
  await finalized(customer, contractId);
  expect(await hasStamp(customer, contractId)).toBe(true);
  expect(announcedOf(customer.t, contractId)).not.toContain('contract.seal_failed');
});

test('CTR-37 where the profile says so it is sealed without one, not before its time, and that is told', async () => {
  const customer = await customerOf('alibaba');
  const contractId = await drafted(customer);
  const without = async () =>
    Number(
      /^accord_seals_without_time_stamp_total\{.*\} (\d+)$/m.exec(
        await (await fetch(`${customer.t.opsUrl}/metrics`)).text(),
      )?.[1] ?? 0,
    );
  authority.mood = { status: 503 };
  try {
    const before = await without();
    await customer.client.post(`/v1/contracts/${contractId}/finalize`);
    while (!(await attemptsOf(customer, contractId))?.missed) await tryOnce(customer, contractId);
    customer.t.clock.offsetMs += 86_400_000 - 3_600_000;
    await tryOnce(customer, contractId);
    expect(await statusOf(customer, contractId)).toBe('sealing');
    customer.t.clock.offsetMs += 3_600_000 + 1;
    await finalized(customer, contractId);
    customer.t.clock.offsetMs -= 86_400_000 + 1;
    expect(await hasStamp(customer, contractId)).toBe(false);
    expect(await without()).toBe(before + 1);
  } finally {
    authority.mood = 'honest';
  }
});

test('CTR-34 a key device that is away or signs wrongly delays the seal, and no try counts', async () => {
  const customer = await customerOf('baidu');
  for (const mood of [{ status: 503 }, 'another key'] as const) {
    const contractId = await drafted(customer);
    signer.mood = mood;
    try {
      await customer.client.post(`/v1/contracts/${contractId}/finalize`);
      for (let tries = 0; tries < 8; tries += 1) await tryOnce(customer, contractId);
      expect(await statusOf(customer, contractId)).toBe('sealing');
    } finally {
      signer.mood = 'honest';
    }
    await finalized(customer, contractId);
    expect(await documentsOf(customer, contractId)).toHaveLength(1);
    expect(announcedOf(customer.t, contractId)).not.toContain('contract.seal_failed');
  }
});

/** Another instance of the service on the same database, a process, which asks its own paths of the two outside. */
function startInstance(t: TestService, folder: string) {
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const { settings } = t.running;
  const env = {
    PATH: process.env['PATH'],
    ACCORD_ENV: 'development',
    ACCORD_HOST: '127.0.0.1',
    ACCORD_PORT: '0',
    ACCORD_OPS_PORT: '0',
    ACCORD_DATABASE_URL: settings.ACCORD_DATABASE_URL(),
    ACCORD_OPERATOR_DATABASE_URL: settings.ACCORD_OPERATOR_DATABASE_URL(),
    ACCORD_KAFKA_BROKERS: t.brokers.join(','),
    ACCORD_TOPIC_PREFIX: t.topicPrefix,
    ACCORD_TOKEN_ISSUER: t.issuer.issuer,
    ACCORD_JWKS_URL: t.issuer.jwksUrl,
    PROVIDER_PROFILE: 'baidu',
    ACCORD_SEAL_SIGNER_URL: new URL('/there', signer.url).href,
    ACCORD_SEAL_SIGNER_CA_FILE: file('ca.pem', signer.ca),
    ACCORD_SEAL_SIGNER_TOKEN_FILE: file('token', 's3cret\n'),
    ACCORD_SEAL_CERTIFICATE_FILE: file('seal.pem', certificatePem(own)),
    ACCORD_TSA_URL: new URL('/there', authority.url).href,
    ACCORD_TSA_ISSUERS_FILE: file('issuers.pem', certificatePem(authority.root)),
  };
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const started = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  started.stdout.on('data', (part: Buffer) => (log += part.toString()));
  const ended = new Promise<void>((resolve) => started.once('exit', () => resolve()));
  return {
    kill: () => (started.kill('SIGKILL'), ended),
    ended: ended.then(() => Promise.reject(new Error(log))),
  };
}

test.each([
  ['a time stamp', authority, timeStamps],
  ['the key device', signer, port],
] as const)(
  'CTR-34 CTR-37 a process that is killed while it waits for %s leaves a draft or an official contract, sealed once',
  async (_, outside, away) => {
    const customer = await customerOf('baidu');
    const contractId = await drafted(customer);
    const folder = mkdtempSync(join(tmpdir(), 'instance-'));
    const here = outside === authority ? '/here' : new URL(signer.url).pathname;
    outside.moods.set(here, { status: 503 }).set('/there', 'holds');
    const instance = startInstance(customer.t, folder);
    try {
      await customer.client.post(`/v1/contracts/${contractId}/finalize`);
      await Promise.race([outside.held('/there'), instance.ended]);
      expect(await attemptsOf(customer, contractId)).toMatchObject({ leased: true });
      await instance.kill();
      expect(await statusOf(customer, contractId)).toBe('sealing');
      expect(await documentsOf(customer, contractId)).toEqual([]);
      outside.moods.clear();
      customer.t.clock.offsetMs += 21_000;
      await finalized(customer, contractId);
      customer.t.clock.offsetMs -= 21_000;
    } finally {
      outside.moods.clear();
      await instance.kill();
      rmSync(folder, { recursive: true });
    }
    expect(() => away.expectBack()).not.toThrow();
    expect(await hasStamp(customer, contractId)).toBe(true);
    expect(await documentsOf(customer, contractId)).toHaveLength(1);
    await customer.t.settled();
    expect(announcedOf(customer.t, contractId).slice(2)).toEqual(['contract.finalized']);
  },
);
