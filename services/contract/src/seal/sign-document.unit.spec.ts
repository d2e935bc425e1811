import { execFileSync, spawnSync } from 'node:child_process';
import { constants, createHash, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { Certificate, ContentInfo, SignedData } from 'pkijs';
import { readPdf, readStrictly } from '@accord/pdf/testing';
import { issue, packKey, rsaKey } from '../../test/certificates.ts';
import { sampleContent } from '../../test/sample-content.ts';
import { renderDocument } from '../document/document.ts';
import { loadSealKey, type SealKey } from './seal-key.ts';
import { sealDocument } from './sign-document.ts';

const at = new Date('2026-03-02T08:00:00.000Z');
let key: SealKey;
let file: Buffer;

beforeAll(async () => {
  key = await loadSealKey({ env: 'development' });
  ({ file } = await sealDocument(sampleContent(1), key, at));
});

test(
  'CTR-18 the signature is PAdES B-B: over the whole file but itself, the certificate signed with ' +
    'it, the time in the PDF alone',
  () => {
    const { attributes, signature } = check(file);
    expect(signature.filter).toBe('ETSI.CAdES.detached');
    expect(signature.dictionary).toContain('/M (D:20260302080000Z)');
    expect(attributes).toEqual([
      '1.2.840.113549.1.9.16.2.47',
      '1.2.840.113549.1.9.3',
      '1.2.840.113549.1.9.4',
    ]);
  },
);

test('CTR-18 a changed byte makes the file invalid, wherever it is', () => {
  const { signature } = check(file);
  const middle = signature.end - 200;
  const places = Array.from({ length: 16 }, (_, index) => Math.floor((index * (file.length - 1)) / 15));
  const outside = places.filter((place) => place <= signature.start || place >= signature.end);
  for (const place of [...outside, middle, signature.end - 10, signature.end - 2, file.length - 1]) {
    const changed = Buffer.from(file);
    changed[place] = (changed[place] ?? 0) ^ 1;
    expect(() => check(changed)).toThrow();
  }
  expect(() => check(Buffer.concat([file, Buffer.from('\n')]))).toThrow('whole file');
});

test(
  'CTR-18 no padding is left beside the signature that could be changed unnoticed, with an EC key ' +
    'neither',
  async () => {
    const ec = await loadSealKey({ env: 'production', ...(await packKey(await issue())) });
    expect(ec.chains[0][0].publicKey.asymmetricKeyType).toBe('ec');
    for (const { signature } of [check(file), check((await sealDocument(sampleContent(1), ec, at)).file)]) {
      expect(signature.der.length).toBe((signature.end - signature.start - 2) / 2);
    }
  },
);

test(
  'CTR-18 pdfsig, where it is installed, finds the signature valid and the document covered, and a ' +
    'change invalid',
  () => {
    if (spawnSync('pdfsig', ['-v']).error) return expect(() => check(file)).not.toThrow();
    const folder = mkdtempSync(join(tmpdir(), 'seal-'));
    const judge = (bytes: Buffer) => {
      writeFileSync(join(folder, 'contract.pdf'), bytes);
      const { stdout } = spawnSync('pdfsig', [join(folder, 'contract.pdf')], { encoding: 'utf8' });
      return stdout;
    };
    const verdict = judge(file);
    const changed = Buffer.from(file);
    changed[200] = (changed[200] ?? 0) ^ 1;
    const secondVerdict = judge(changed);
    rmSync(folder, { recursive: true });
    expect(verdict).toContain('Signature is Valid');
    expect(verdict).toContain('Total document signed');
    expect(verdict).toContain('ETSI.CAdES.detached');
    expect(secondVerdict).not.toContain('Signature is Valid');
  },
);

test('CTR-18 a one-page contract has the full round seal and no slice', () => {
  const { pages } = readPdf(file);
  expect(pages.length).toBe(1);
  expect(seals(pages[0]!.operators)).toEqual({ full: 1, slices: [] });
});

test('CTR-18 more pages have the seal on the signature page and a slice each, which make one seal', async () => {
  const { pages } = readPdf((await sealDocument(sampleContent(60), key, at)).file);
  const stamped = pages.map(({ operators }) => seals(operators));
  expect(pages.length).toBeGreaterThan(4);
  expect(stamped.map(({ full }) => full)).toEqual(
    pages.map((_, page) => (page === pages.length - 1 ? 1 : 0)),
  );
  expect(pages.at(-1)?.text).toContain('乙方（盖章）');
  const slices = stamped.flatMap((page) => page.slices);
  expect(slices.length).toBe(pages.length);
  slices.forEach(({ from, width }, page) => {
    expect(width).toBeCloseTo(slices[0]!.width, 1);
    expect(from).toBeCloseTo(page * width, 1);
  });
  const { width, diameter } = slices[0]!;
  expect(width * pages.length).toBeCloseTo(diameter, 0);
});

test('CTR-18 over many pages several seals are cut, and each slice is legible and says over which pages', async () => {
  const { pages } = readPdf((await sealDocument(sampleContent(160), key, at)).file);
  expect(pages.length).toBeGreaterThan(10);
  const told = pages.map(({ lines }) => /^第 (\d+)–(\d+) 页$/m.exec(lines.join('\n'))!.slice(1).map(Number));
  pages.forEach(({ operators, lines }, page) => {
    const [[first, last], [slice, ...more]] = [told[page]! as [number, number], seals(operators).slices];
    expect([lines.includes('骑缝章'), more]).toEqual([true, []]);
    expect(slice!.width).toBeGreaterThan(8.5);
    expect(slice!.width * (last - first + 1)).toBeCloseTo(slice!.diameter, 0);
    expect(slice!.from).toBeCloseTo((page + 1 - first) * slice!.width, 0);
    expect(first <= page + 1 && page + 1 <= last).toBe(true);
  });
  const groups = [...new Map(told.map((range) => [String(range), range])).values()];
  expect(groups.flatMap(([first, last]) => [first!, last! + 1])).toEqual([
    1,
    ...groups.slice(1).flatMap(([first]) => [first, first]),
    pages.length + 1,
  ]);
});

test(
  'CTR-17 CTR-18 drafts and official files are read without complaints by our strict reading and the ' +
    'strict readers that are installed',
  async () => {
    const issuer = await issue({ name: 'Example Root', ca: true, usage: 0x06 });
    const ec = await loadSealKey({ env: 'production', ...(await packKey(await issue({ issuer }), issuer)) });
    const { readers, complaints } = readStrictly([
      { file: await renderDocument(sampleContent(30)) },
      { file, certificate: key.chains[0][0].raw },
      { file: (await sealDocument(sampleContent(40), ec, at)).file, certificate: issuer.certificate },
    ]);
    process.stderr.write(`contracts are read strictly by ${readers.join(', ')}\n`);
    expect(complaints).toEqual([]);
  },
);

test('CTR-19 the answer carries the SHA-256 of the very bytes', async () => {
  const sealed = await sealDocument(sampleContent(2), key, at);
  expect(sealed.sha256).toBe(createHash('sha256').update(sealed.file).digest('hex'));
  expect(readPdf(sealed.file).pages[0]?.text).toContain('CT-2026-00001234');
});

test('CTR-22 without a key, development seals with a self-signed one and every page says TEST SEAL', async () => {
  expect(key.test).toBe(true);
  const { pages } = readPdf((await sealDocument(sampleContent(30), key, at)).file);
  for (const { text } of pages) expect(text).toContain('TEST SEAL');
});

test('CTR-22 a mounted PKCS#12 file is the key, and its document is no test', async () => {
  const pair = await issue({ key: rsaKey() });
  const mounted = await loadSealKey({ env: 'production', ...(await packKey(pair)) });
  expect(mounted).toMatchObject({ test: false });
  expect(mounted.chains[0].map(({ raw }) => raw.equals(pair.certificate))).toEqual([true]);
  const sealed = await sealDocument(sampleContent(1), mounted, at);
  check(sealed.file);
  expect(readPdf(sealed.file).pages[0]?.text).not.toContain('TEST SEAL');
});

test('CTR-22 anything else refuses the start', async () => {
  const pair = await issue({ key: rsaKey() });
  const { p12, password } = await packKey(pair);
  const start = (from: Parameters<typeof loadSealKey>[0]) => expect(loadSealKey(from)).rejects;
  await start({ env: 'production' }).toThrow('production needs a PKCS#12 file');
  await start({ env: 'production', p12, password: 'wrong' }).toThrow('cannot be used');
  await start({ env: 'production', p12 }).toThrow('cannot be used');
  await start({ env: 'development', p12: p12.subarray(0, 900), password }).toThrow('cannot be used');
  const broken = Buffer.from(p12);
  broken[700] = (broken[700] ?? 0) ^ 1;
  await start({ env: 'production', p12: broken, password }).toThrow('seal key');
  const { certificate } = await issue();
  await start({ env: 'production', ...(await packKey({ ...pair, certificate })) }).toThrow(
    'no certificate belongs',
  );
});

test('CTR-22 a PKCS#12 file of openssl, where it is installed, is read as ours is', async () => {
  if (spawnSync('openssl', ['version']).error) return expect(key.test).toBe(true);
  const folder = mkdtempSync(join(tmpdir(), 'seal-'));
  const at = (name: string) => join(folder, name);
  const pair = await issue({ key: rsaKey() });
  writeFileSync(at('key.pem'), pair.key.export({ format: 'pem', type: 'pkcs8' }));
  writeFileSync(at('certificate.pem'), new X509Certificate(pair.certificate).toString());
  const p12 = execFileSync('openssl', [
    'pkcs12',
    '-export',
    '-inkey',
    at('key.pem'),
    '-in',
    at('certificate.pem'),
    '-passout',
    'pass:secret',
  ]);
  rmSync(folder, { recursive: true });
  expect(await loadSealKey({ env: 'production', p12, password: 'secret' })).toMatchObject({ test: false });
});

/** Verifies as a PAdES reader does, with none of the code that signs. */
function check(bytes: Buffer) {
  const signature = signatureOf(bytes);
  const info = ContentInfo.fromBER(signature.der);
  const signed = new SignedData({ schema: info.content });
  const [signer] = signed.signerInfos;
  const [certificate] = signed.certificates ?? [];
  if (!signer?.signedAttrs || !(certificate instanceof Certificate)) throw new Error('not signed');
  const valueOf = (type: string): unknown =>
    signer.signedAttrs?.attributes.find((one) => one.type === type)?.values[0];
  const digest = valueOf('1.2.840.113549.1.9.4') as OctetString;
  if (!Buffer.from(digest.getValue()).equals(sha256(signature.covered)))
    throw new Error('the document was changed');
  if ((valueOf('1.2.840.113549.1.9.3') as ObjectIdentifier).getValue() !== ContentInfo.DATA)
    throw new Error('wrong content type');
  const der = Buffer.from(certificate.toSchema().toBER());
  const [list] = (valueOf('1.2.840.113549.1.9.16.2.47') as Sequence).valueBlock.value as [Sequence];
  const [reference] = list.valueBlock.value as [Sequence];
  const [hash] = reference.valueBlock.value as [OctetString];
  if (!Buffer.from(hash.getValue()).equals(sha256(der))) throw new Error('another certificate was signed');
  const encoded = Buffer.from(signer.signedAttrs.encodedValue);
  const publicKey = new X509Certificate(der).publicKey;
  const scheme =
    publicKey.asymmetricKeyType === 'rsa'
      ? { key: publicKey, padding: constants.RSA_PKCS1_PADDING }
      : publicKey;
  if (!verify('sha256', encoded, scheme, Buffer.from(signer.signature.getValue())))
    throw new Error('the signature is not of this key');
  return { signature, attributes: signer.signedAttrs.attributes.map(({ type }) => type).sort() };
}

function signatureOf(bytes: Buffer) {
  const text = bytes.toString('latin1');
  const [, zero, first, second, third] = (/\/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]/.exec(text) ?? []).map(
    Number,
  );
  if (zero !== 0 || first === undefined || second === undefined || third === undefined)
    throw new Error('no byte range');
  if (second + third !== bytes.length) throw new Error('the signature does not cover the whole file');
  const hex = text.slice(first, second);
  if (!/^<[0-9a-f]+>$/.test(hex)) throw new Error('more than the signature is left out');
  return {
    der: Buffer.from(hex.slice(1, -1), 'hex'),
    covered: Buffer.concat([bytes.subarray(0, first), bytes.subarray(second)]),
    start: first,
    end: second,
    filter: /\/SubFilter \/(\S+)/.exec(text)?.[1],
    dictionary: text.slice(text.lastIndexOf(' 0 obj', first), first) + text.slice(second, second + 500),
  };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/**
 * How often a page shows the seal in full, and which parts of it as slices: `from` is how far from the seal's
 * left side a slice begins.
 */
function seals(operators: string) {
  const shown = [
    ...operators.matchAll(
      /(?:([\d.]+) [\d.]+ ([\d.]+) ([\d.]+) re\nW n\n)?[\d.]+ 0 0 -[\d.]+ ([\d.]+) [\d.]+ cm \/Seal Do/g,
    ),
  ];
  const slices = shown.filter(([, left]) => left !== undefined);
  return {
    full: shown.length - slices.length,
    slices: slices.map(([, left, width, height, middle]) => ({
      from: Number(left) - (Number(middle) - Number(height) / 2),
      width: Number(width),
      diameter: Number(height),
    })),
  };
}
