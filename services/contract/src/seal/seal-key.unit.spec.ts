import { createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ContentInfo, SignedData, type Certificate } from 'pkijs';
import type { Database, Tx } from '@accord/core';
import { makeMetrics } from '@accord/core/observability';
import { until } from '@accord/testing';
import { ecKey, issue, packKey, rsaKey, type Issued, type Wanted } from '../../test/certificates.ts';
import { sampleContent } from '../../test/sample-content.ts';
import { chainAt, chainsOf } from './certificate-chain.ts';
import { sealExpiry, sealMetrics, warningsOf } from './seal-expiry.ts';
import { loadSealKey, sealKeyOfFile, signerAt, type SealKey } from './seal-key.ts';
import { sealDocument } from './sign-document.ts';
import { isSignedBy } from './signature-scheme.ts';

const load = async (own: Issued, ...others: Issued[]) =>
  loadSealKey({ env: 'production', ...(await packKey(own, ...others)) });
const chain = (own: Issued, ...others: Issued[]) =>
  chainsOf(
    own.key,
    [own, ...others].map(({ certificate }) => new X509Certificate(certificate)),
  )[0];
const authority = (wanted: Wanted = {}) => issue({ name: 'Example Root', ca: true, usage: 0x06, ...wanted });
const root = await authority();
const serverUse = '1.3.6.1.5.5.7.3.1';
const anyUse = '2.5.29.37.0';
const emailUse = '1.3.6.1.5.5.7.3.4';

describe('CTR-37 a certificate that can carry no seal refuses the start', () => {
  test.each<[string, () => Wanted, string]>([
    ['of a short RSA key', () => ({ key: rsaKey(1024) }), 'an RSA key of 1024 bits'],
    ['of a small curve', () => ({ key: ecKey('secp224r1') }), 'the curve secp224r1'],
    ['of a curve of other uses', () => ({ key: ecKey('secp256k1') }), 'the curve secp256k1'],
    ['of a key of another kind', () => ({ key: keyOf('ed25519') }), 'ed25519 keys cannot seal'],
    ['of an RSA-PSS key', () => ({ key: keyOf('rsa-pss') }), 'rsa-pss keys cannot seal'],
    ['of an authority', () => ({ ca: true }), 'certificate authority'],
    ['of an authority that may sign', () => ({ ca: true, usage: 0xc6 }), 'certificate authority'],
    ['for encryption', () => ({ usage: 0x20 }), 'key usage'],
    ['for certificates', () => ({ usage: 0x04 }), 'key usage'],
    ['for servers', () => ({ extendedUses: [serverUse] }), 'TLS server'],
    ['for servers and e-mail', () => ({ extendedUses: [serverUse, emailUse] }), 'TLS server'],
    [
      'for servers, under any use',
      () => ({ extendedUses: [anyUse], dnsNames: ['a.example.com'] }),
      'TLS server',
    ],
    ['for signatures and certificates', () => ({ usage: 0xc4 }), 'to issue certificates'],
    ['for a host', () => ({ dnsNames: ['contracts.example.com'] }), 'TLS server'],
    ['for clients alone', () => ({ extendedUses: ['1.3.6.1.5.5.7.3.2'] }), '1.3.6.1.5.5.7.3.2'],
    ['for code', () => ({ extendedUses: ['1.3.6.1.5.5.7.3.3'] }), '1.3.6.1.5.5.7.3.3'],
    ['for time stamps', () => ({ extendedUses: ['1.3.6.1.5.5.7.3.8'] }), '1.3.6.1.5.5.7.3.8'],
    ['signed by SHA-1', () => ({ digest: 'SHA-1' }), 'signed by ecdsa-with-SHA1'],
  ])('%s', async (_, wanted, fault) => {
    const own = await issue({ ...wanted(), issuer: root });
    expect(() => chain(own, root)).toThrow(fault);
    expect(() => chain(own)).toThrow(/^seal key: not for seals: CN=Example Seal: /);
  });

  test.each<[string, () => Wanted, string]>([
    ['has a short key', () => ({ key: rsaKey(1024) }), 'CN=Example Root: an RSA key of 1024 bits'],
    ['is no authority', () => ({ ca: false, usage: null }), 'CN=Example Root: it issued a certificate'],
    ['may sign and not issue', () => ({ usage: 0xc0 }), 'CN=Example Root: it issued a certificate, and its'],
  ])('whose issuer %s', async (_, wanted, fault) => {
    const issuer = await authority(wanted());
    const own = await issue({ issuer });
    expect(() => chain(own, issuer)).toThrow(fault);
    await expect(load(own, issuer)).rejects.toThrow(fault);
  });

  test('whose root allows fewer authorities than there are', async () => {
    const most = async (mostBelow: number) => {
      const above = await authority({ mostBelow });
      const between = await authority({ name: 'Example Issuer', issuer: above });
      return chain(await issue({ issuer: between }), between, above);
    };
    await expect(most(0)).rejects.toThrow('CN=Example Root: it has 1 authorities below it and may have 0');
    expect(await most(1)).toHaveLength(3);
  });

  test('while others may seal: long keys, P-384 and P-521, uses for documents, uses without limits', async () => {
    for (const wanted of [
      { key: rsaKey(2048) },
      { key: ecKey('P-384') },
      { key: ecKey('P-521') },
      { usage: null },
      { usage: 0x40 },
      { usage: 0x80, extendedUses: ['1.3.6.1.5.5.7.3.36'] },
      { extendedUses: [emailUse, '1.3.6.1.5.5.7.3.2'] },
      { extendedUses: [anyUse] },
      { extendedUses: [anyUse, emailUse], dnsNames: ['a.example.com'] },
    ])
      expect(chain(await issue({ ...wanted, issuer: root }), root)).toHaveLength(2);
  });
});

test('CTR-37 the chain is in order whatever the order in the file, without strangers', async () => {
  const between = await authority({ name: 'Example Issuer', issuer: root });
  const own = await issue({ issuer: between });
  const key = await load(own, await issue({ name: 'Stranger' }), root, between);
  expect(key.chains[0].map(({ subject }) => subject)).toEqual([
    'CN=Example Seal',
    'CN=Example Issuer',
    'CN=Example Root',
  ]);
});

describe('CTR-37 of the certificates before and after a renewal the seal has those that are valid then', () => {
  const [old, late] = [
    { to: '2026-06-30T00:00:00Z' },
    { from: '2026-06-01T00:00:00Z', to: '2027-06-30T00:00:00Z' },
  ];
  const times = ['2026-05-01T00:00:00Z', '2026-06-15T00:00:00Z', '2026-07-01T00:00:00Z'].map(
    (at) => new Date(at),
  );
  const ends = (key: Awaited<ReturnType<typeof load>>) =>
    times.map((at) =>
      signerAt(key, at).chain.map(({ validToDate }) => validToDate.toISOString().slice(0, 7)),
    );

  test.each([
    ['old first', false],
    ['new first', true],
  ])('of its own, the %s', async (_, newFirst) => {
    const key = ecKey();
    const own = await Promise.all([old, late].map((wanted) => issue({ key, issuer: root, ...wanted })));
    const [first, second] = newFirst ? own.reverse() : own;
    const sealKey = await load(first!, root, second!);
    expect(sealKey.chains).toHaveLength(2);
    expect(ends(sealKey)).toEqual([
      ['2026-06', '2049-01'],
      ['2027-06', '2049-01'],
      ['2027-06', '2049-01'],
    ]);
    expect(() => signerAt(sealKey, new Date('2027-07-01T00:00:00Z'))).toThrow(
      'to 2027-06-30T00:00:00.000Z, not now',
    );
    const { sha256 } = await sealDocument(sampleContent(1), sealKey, times[2]!);
    expect(sha256).toHaveLength(64);
  });

  test.each([
    ['old first', false],
    ['new first', true],
  ])('of its issuer, the %s', async (_, newFirst) => {
    const key = ecKey();
    const issuers = await Promise.all([old, late].map((wanted) => authority({ key, ...wanted })));
    const own = await issue({ issuer: issuers[0]! });
    const sealKey = await load(own, ...(newFirst ? issuers.reverse() : issuers));
    expect(ends(sealKey)).toEqual([
      ['2049-01', '2026-06'],
      ['2049-01', '2027-06'],
      ['2049-01', '2027-06'],
    ]);
  });

  test('one that can carry no seal is left out', async () => {
    const key = ecKey();
    const own = await Promise.all(
      [{ usage: 0x20 }, late].map((wanted) => issue({ key, issuer: root, ...wanted })),
    );
    const [chain, ...others] = (await load(own[0]!, own[1]!, root)).chains;
    expect(chain[0].raw.equals(own[1]!.certificate)).toBe(true);
    expect(others).toEqual([]);
    expect(chainAt([chain], times[0]!)).toBe(chain);
  });

  test('and none is warned of that another stands for', async () => {
    const key = ecKey();
    const own = await Promise.all([old, late].map((wanted) => issue({ key, ...wanted })));
    const sealKey = await load(own[0]!, own[1]!);
    expect(times.map((at) => warningsOf({ sealKey }, at))).toEqual([[], [], []]);
    const alone = { sealKey: await load(own[0]!) };
    expect(warningsOf(alone, times[1]!)).toMatchObject([{ isValid: true, facts: { use: 'seal' } }]);
  });
});

describe('CTR-37 a certificate that is not valid at the time of the seal', () => {
  const [before, from, within, to, after] = [
    '2026-02-28T23:59:59Z',
    '2026-03-01T00:00:00Z',
    '2026-06-01T00:00:00Z',
    '2027-03-01T00:00:00Z',
    '2027-03-01T00:00:01Z',
  ];

  test.each([
    ['own', 0],
    ["issuer's", 1],
  ])('never seals, its %s', async (_, place) => {
    const issuer = place === 1 ? await authority({ from, to }) : root;
    const key = await load(await issue({ issuer, ...(place === 0 && { from, to }) }), issuer);
    for (const at of [before, after]) {
      await expect(sealDocument(sampleContent(1), key, new Date(at))).rejects.toThrow(
        /is valid from .* not now$/,
      );
    }
    for (const at of [from, within, to]) expect(() => signerAt(key, new Date(at))).not.toThrow();
  });

  test('is told 30, 7 and 1 days before, and once it is not valid, each once, by log and by metric', async () => {
    const key = await load(await issue({ from, to }));
    const lines: [string, object][] = [];
    const log = (level: string) => (facts: object, message: string) =>
      void lines.push([`${level}: ${message}`, facts]);
    const { worker, warnings } = sealExpiry({ sealKey: key }, {
      warn: log('warn'),
      error: log('error'),
    } as unknown as Logger);
    let now = new Date(before);
    const db: Database = { transaction: (actor, work) => work({ now, actor } as Tx) };
    const metrics = makeMetrics('contract');
    sealMetrics({ sealKey: key })(metrics, db);
    const samples: string[] = [];
    const shown: string[] = [];
    for (const at of [
      before,
      within,
      '2027-01-29T23:59:59Z',
      '2027-01-30T00:00:00Z',
      '2027-02-10T00:00:00Z',
      '2027-02-22T00:00:00Z',
      '2027-02-28T12:00:00Z',
      '2027-02-28T12:00:01Z',
      after,
    ]) {
      now = new Date(at);
      for (const item of await worker.due({ now } as Tx, 10)) await worker.run(db, item);
      shown.push(
        warnings()
          .join()
          .replace(/^seal: CN=Example Seal (.*), 2026.*$/, '$1'),
      );
      const text = await metrics.text();
      samples.push(
        [...text.matchAll(/^accord_seal_(?:certificate_days_left|valid)\{.*\} (.*)$/gm)]
          .map(([, sample]) => sample)
          .join(' '),
      );
    }
    const facts = {
      use: 'seal',
      subject: 'CN=Example Seal',
      validFrom: '2026-03-01T00:00:00.000Z',
      validTo: '2027-03-01T00:00:00.000Z',
    };
    const [soon, invalid] = [
      'warn: a certificate of the seal ends soon',
      'error: a certificate of the seal is not valid: contracts wait in sealing',
    ];
    expect(lines).toEqual([
      [invalid, { ...facts, daysLeft: 365 }],
      [soon, { ...facts, daysLeft: 30 }],
      [soon, { ...facts, daysLeft: 7 }],
      [soon, { ...facts, daysLeft: 0.5 }],
      [invalid, { ...facts, daysLeft: -0.01 }],
    ]);
    expect(samples).toEqual(['365 0', '273 1', '30 1', '30 1', '19 1', '7 1', '0.5 1', '0.49 1', '-0.01 0']);
    expect(shown).toEqual([
      'is not valid yet',
      '',
      'ends within 30 days',
      'ends within 30 days',
      'ends within 30 days',
      'ends within 7 days',
      'ends within 1 days',
      'ends within 1 days',
      'ended',
    ]);
  });

  test('is told anew of the next certificate under the same name', async () => {
    const key = ecKey();
    const [old, next] = await Promise.all([
      issue({ key, from, to }),
      issue({ key, from, to: '2028-03-01T00:00:00Z' }),
    ]);
    const parts = { sealKey: await load(old) };
    const states = (at: string) => warningsOf(parts, new Date(at)).map(({ state }) => state);
    const [first] = states('2027-02-22T00:00:00Z');
    parts.sealKey = await load(next);
    expect(states('2027-02-22T00:00:00Z')).toEqual([]);
    const [second] = states('2028-02-23T00:00:00Z');
    expect(first).toMatch(/ends within 7 days$/);
    expect(second).toMatch(/ends within 7 days$/);
    expect(second).not.toBe(first);
  });
});

const keyOf = (type: 'ed25519' | 'rsa-pss'): KeyObject =>
  type === 'ed25519'
    ? generateKeyPairSync('ed25519').privateKey
    : generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).privateKey;

describe('CTR-37 API-17 a replaced key file', () => {
  const lines: string[] = [];
  const log = {
    info: (facts: object, text: string) => void lines.push(`info: ${text}`),
    warn: (facts: { reason?: string }, text: string) => void lines.push(`warn: ${text}: ${facts.reason}`),
  } as unknown as Logger;
  const subjectNow = (key: SealKey) => key.chains[0][0].subject;
  let folder: string;
  let ending: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seal-key-'));
    ending = new AbortController();
    lines.length = 0;
  });
  afterEach(() => {
    ending.abort();
    rmSync(folder, { recursive: true });
  });
  const watching = () => ({ log, everyMs: 5, signal: ending.signal });

  test('is taken without a restart, by a symbolic link as of Kubernetes; a seal has one key alone', async () => {
    const [old, next] = await Promise.all([issue({ name: 'Old' }), issue({ name: 'Next', key: rsaKey() })]);
    const mount = async (version: string, one: Issued) => {
      mkdirSync(join(folder, version));
      const { p12, password } = await packKey(one);
      writeFileSync(join(folder, version, 'seal.p12'), p12);
      writeFileSync(join(folder, version, 'password'), `${password}${version}`.slice(0, password.length));
      symlinkSync(version, join(folder, '..new'));
      renameSync(join(folder, '..new'), join(folder, '..data'));
    };
    await mount('..1', old);
    symlinkSync('..data/seal.p12', join(folder, 'seal.p12'));
    const path = join(folder, 'seal.p12');
    const password = () => readFileSync(join(folder, '..data/password'), 'utf8');
    const key = await sealKeyOfFile({ path, password }, watching());
    expect(subjectNow(key)).toBe('CN=Old');
    const before = signerAt(key, new Date());
    const { file: sealed } = await sealDocument(sampleContent(1), key, new Date());

    await mount('..2', next);
    await until('the next key', () => subjectNow(key) === 'CN=Next');
    expect(lines).toEqual(['info: a file of the seal was replaced and is taken']);
    // A seal that was begun before goes on with what it began with.
    expect(before.chain[0].subject).toBe('CN=Old');
    expect(isSignedBy(createPublicKey(old.key), Buffer.from('x'), await before.sign(Buffer.from('x')))).toBe(
      true,
    );
    const { file: later } = await sealDocument(sampleContent(1), key, new Date());
    expect([signerOf(sealed), signerOf(later)]).toEqual(['CN=Old', 'CN=Next']);
  });

  test('that is half written, away, or no seal keeps the one before, told once; whole it is taken', async () => {
    const path = join(folder, 'seal.p12');
    const [old, next] = await Promise.all([
      packKey(await issue({ name: 'Old' })),
      packKey(await issue({ name: 'Next' })),
    ]);
    const unfit = await packKey(await issue({ ca: true }));
    writeFileSync(path, old.p12);
    const key = await sealKeyOfFile({ path, password: () => old.password }, watching());
    const told = (pattern: RegExp) =>
      until(`a line like ${pattern}`, () => lines.some((line) => pattern.test(line)));
    writeFileSync(path, next.p12.subarray(0, next.p12.length / 2));
    await told(
      /^warn: a file of the seal cannot be taken: the one before goes on: seal key: the PKCS#12 file/,
    );
    rmSync(path);
    await told(/ENOENT/);
    writeFileSync(path, unfit.p12);
    await told(/not for seals/);
    expect(subjectNow(key)).toBe('CN=Old');
    expect((await sealDocument(sampleContent(1), key, new Date())).sha256).toHaveLength(64);
    const count = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lines).toHaveLength(count);
    writeFileSync(path, next.p12);
    await until('the next key', () => subjectNow(key) === 'CN=Next');
    expect(new Set(lines).size).toBe(lines.length);
  });
});

/** Of the certificate in a sealed file that its signature is checked by. */
const signerOf = (file: Buffer): string => {
  const text = file.toString('latin1');
  const contents = /\/Contents <([0-9a-f]+)>/.exec(text)![1]!;
  const { content } = ContentInfo.fromBER(Buffer.from(contents, 'hex'));
  const [certificate] = new SignedData({ schema: content }).certificates!;
  return new X509Certificate(Buffer.from((certificate as Certificate).toSchema().toBER())).subject;
};
