import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { constant, type TlsMaterial } from '@accord/core/runtime';
import { until } from '@accord/testing';
import { certificatePem, ecKey, issue, rsaKey, type Issued } from '../../test/certificates.ts';
import { startSigner, type LocalSigner, type SignerMood } from '../../test/local-signer.ts';
import { sampleContent } from '../../test/sample-content.ts';
import { warningsOf } from './seal-expiry.ts';
import { sealKeyOfPort } from './seal-key.ts';
import { sealDocument } from './sign-document.ts';
import { isSignedBy } from './signature-scheme.ts';
import { chainsOfPem, openSigningPort, type SigningPortAddress } from './signing-port.ts';

const root = await issue({ name: 'Example Root', ca: true, usage: 0x06 });
const own = await issue({ issuer: root });
let signer: LocalSigner;
beforeAll(async () => {
  signer = await startSigner(own);
});
afterAll(() => signer.close());

const trusting = (): TlsMaterial => ({ ca: signer.ca });
const port = (address: Partial<SigningPortAddress> = {}) =>
  openSigningPort({ url: new URL(signer.url), tls: trusting, token: constant('s3cret'), ...address });
const chains = (one: Issued = own) => chainsOfPem(certificatePem(one, root));
const bytes = Buffer.from('attributes');
const behaving = async (mood: SignerMood, key: Issued, work: () => Promise<void>) => {
  Object.assign(signer, { mood, key });
  try {
    await work();
  } finally {
    Object.assign(signer, { mood: 'honest', key: own });
  }
};

test.each<[string, () => Issued['key']]>([
  ['RSA_2048', () => rsaKey()],
  ['P-256', () => ecKey()],
  ['P-384', () => ecKey('P-384')],
  ['P-521', () => ecKey('P-521')],
])('CTR-22 a key of %s behind the signing port seals, asked as its description says', async (_, key) => {
  const one = await issue({ issuer: root, key: key() });
  const folder = mkdtempSync(join(tmpdir(), 'chain-'));
  const certificates = join(folder, 'chain.pem');
  writeFileSync(certificates, certificatePem(one, root));
  const log = { info: () => undefined, warn: () => undefined } as unknown as Logger;
  const signal = AbortSignal.abort();
  const sealKey = await sealKeyOfPort({ port: port(), certificates }, { log, signal });
  await behaving('honest', one, async () => {
    const before = signer.asked.length;
    const { file } = await sealDocument(sampleContent(1), sealKey, new Date());
    expect(file.includes('/SubFilter /ETSI.CAdES.detached')).toBe(true);
    const asked = signer.asked.slice(before);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(asked[0]!.headers.authorization).toBe('Bearer s3cret');
  });
  expect(sealKey.test).toBe(false);
  rmSync(folder, { recursive: true });
});

describe('CTR-22 CTR-37 what is no signature of the key is never used', () => {
  test.each<[string, SignerMood, string]>([
    ['a wrong one', 'a wrong signature', 'signing port: its signature is not of the key of the certificate'],
    [
      'that of another key',
      'another key',
      'signing port: its signature is not of the key of the certificate',
    ],
    ['text', 'no JSON', 'signing port: its answer is no signature in JSON'],
    ['another answer', 'another answer', 'signing port: its answer is no signature in JSON'],
    ['too much', 'huge', 'signing port: answers with more than 16384 bytes'],
    ['a redirection', { status: 307, headers: { location: '/other' } }, 'signing port: answers 307'],
    ['an error', { status: 500 }, 'signing port: answers 500'],
    ['too many calls', { status: 429, headers: { 'retry-after': '60' } }, 'signing port: answers 429'],
  ])('%s', async (_, mood, says) => {
    const asked = port();
    await behaving(mood, own, async () => {
      await expect(asked.sign(bytes, chains())).rejects.toThrow(says);
      const { length } = signer.asked;
      await expect(asked.sign(bytes, chains())).rejects.toThrow('left alone for a while after');
      expect(signer.asked).toHaveLength(length);
    });
  });

  test('none in time', async () => {
    await behaving('holds', own, async () => {
      await expect(port({ withinMs: 100 }).sign(bytes, chains())).rejects.toThrow(
        'no whole answer within 100 ms',
      );
    });
  });

  test('one by a server that the configured CA did not sign', async () => {
    await expect(port({ tls: () => ({ ca: certificatePem(root) }) }).sign(bytes, chains())).rejects.toThrow(
      /signing port: .*(self-signed|unable to (get|verify)).*certificate/i,
    );
  });
});

test('CTR-22 a client is known by certificate, token, or not at all; warnings know both certificates', async () => {
  const byCertificate = port({ token: undefined, tls: () => ({ ca: signer.ca, ...signer.client }) });
  const signature = await byCertificate.sign(bytes, chains());
  expect(isSignedBy(new X509Certificate(own.certificate).publicKey, bytes, signature)).toBe(true);
  await expect(port({ token: constant('wrong') }).sign(bytes, chains())).rejects.toThrow('answers 401');
  const sealKey = { chains: chains(), port: byCertificate };
  const warnings = warningsOf({ sealKey }, new Date('2048-12-30T00:00:00Z'));
  expect(warnings.map(({ facts: { use, subject } }) => [use, subject])).toEqual([
    ['seal', 'CN=Example Seal'],
    ['signing_port', 'CN=signer'],
  ]);
  expect(byCertificate.certificates().map(({ subject }) => subject)).toEqual(['CN=signer', 'CN=accord']);
});

test('CTR-37 the certificates of a signing port are taken anew with its key', async () => {
  const next = await issue({ name: 'Next', issuer: root });
  const folder = mkdtempSync(join(tmpdir(), 'chain-'));
  const certificates = join(folder, 'chain.pem');
  writeFileSync(certificates, certificatePem(own, root));
  const log = { info: () => undefined, warn: () => undefined } as unknown as Logger;
  const ending = new AbortController();
  const watching = { log, everyMs: 5, signal: ending.signal };
  const sealKey = await sealKeyOfPort({ port: port(), certificates }, watching);
  await behaving('honest', next, async () => {
    await expect(sealDocument(sampleContent(1), sealKey, new Date())).rejects.toThrow('not of the key');
    writeFileSync(certificates, certificatePem(next, root));
    await until('the next certificate', () => sealKey.chains[0][0].subject === 'CN=Next');
    expect(
      isSignedBy(
        new X509Certificate(next.certificate).publicKey,
        bytes,
        await port().sign(bytes, sealKey.chains),
      ),
    ).toBe(true);
  });
  ending.abort();
  rmSync(folder, { recursive: true });
});
