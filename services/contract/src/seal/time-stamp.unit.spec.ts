import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBER } from 'asn1js';
import { ContentInfo, SignedData } from 'pkijs';
import { makeMetrics } from '@accord/core/observability';
import { constant } from '@accord/core/runtime';
import { certificatePem, issue, packKey, rsaKey, type Issued } from '../../test/certificates.ts';
import { startAuthority, type LocalAuthority, type Mood } from '../../test/local-authority.ts';
import { sampleContent } from '../../test/sample-content.ts';
import { loadSealKey } from './seal-key.ts';
import { sealDocument } from './sign-document.ts';
import { openTimeStampAuthority, timeStampRoom, type TimeStampAddress } from './time-stamp-authority.ts';
import { stampWanted, timeStampIn, timeStampRequest } from './time-stamp.ts';

const at = new Date('2026-03-02T08:00:00.000Z');
let authority: LocalAuthority;
beforeAll(async () => {
  authority = await startAuthority();
});
afterAll(() => authority.close());

const trust = ({ certificate }: Issued) => new X509Certificate(certificate);
const ask = (address: Partial<TimeStampAddress> = {}) =>
  openTimeStampAuthority({
    url: new URL(authority.url),
    tls: () => ({}),
    trusted: () => [trust(authority.root)],
    ...address,
  });
const behaving = async <T>(mood: Mood, work: () => Promise<T>): Promise<T> => {
  authority.mood = mood;
  try {
    return await work();
  } finally {
    authority.mood = 'honest';
  }
};

describe('CTR-37 a seal with a time stamp is PAdES B-T', () => {
  test.each([
    ['an RSA key', () => ({ key: rsaKey() })],
    ['an EC key', () => ({})],
  ])('of %s: over the signature, unsigned beside it, the rest of its room zeros', async (_, wanted) => {
    const key = await loadSealKey({ env: 'production', ...(await packKey(await issue(wanted()))) });
    const authorityAsked = ask();
    const { file } = await sealDocument(sampleContent(1), key, at, { stamp: authorityAsked.stamp });
    const { signed, padding, room } = signatureIn(file);
    const [signer] = signed.signerInfos;
    const [attribute, ...others] = signer!.unsignedAttrs!.attributes;
    expect([attribute!.type, others]).toEqual(['1.2.840.113549.1.9.16.2.14', []]);
    expect(padding.every((byte) => byte === 0)).toBe(true);
    expect(room).toBeGreaterThan(timeStampRoom);
    expect(padding.length).toBeGreaterThan(1_000);
    const token = Buffer.from((attribute!.values[0] as { toBER(): ArrayBuffer }).toBER());
    expect(verdictOf(token, Buffer.from(signer!.signature.getValue()))).toContain('Verification: OK');
    expect(authorityAsked.certificates().map(({ subject }) => subject)).toEqual([
      'CN=Time Stamps',
      'CN=Time Stamp Root',
    ]);
  });

  test('pdfsig, where it is installed, finds it valid and the document covered, and a change invalid', async () => {
    const key = await loadSealKey({ env: 'development' });
    const { file } = await sealDocument(sampleContent(60), key, at, { stamp: ask().stamp });
    if (spawnSync('pdfsig', ['-v']).error)
      return expect(signatureIn(file).signed.signerInfos).toHaveLength(1);
    const verdict = pdfsig(file);
    for (const line of ['Signature is Valid', 'Total document signed', 'ETSI.CAdES.detached'])
      expect(verdict).toContain(line);
    const changed = Buffer.from(file);
    changed[200]! ^= 1;
    expect(pdfsig(changed)).not.toContain('Signature is Valid');
    const padded = Buffer.from(file);
    padded[file.indexOf('>', file.indexOf('/Contents <')) - 10] = 0x61;
    expect(pdfsig(padded)).toContain('Not total document signed');
  });
});

describe('CTR-37 a time stamp that is not what was asked for is none', () => {
  const wrong: readonly [string, Mood, string][] = [
    ['of another nonce', 'another nonce', 'another nonce'],
    ['of another document', 'another imprint', 'over something else'],
    ['that is not granted', 'not granted', 'does not grant it: status 2'],
    ['that is garbage', 'garbage', 'no time stamp'],
    ['of another content type', 'another content type', 'no time stamp'],
    ['that breaks off', 'cut', 'aborted'],
    ['that is huge', 'huge', 'more than 24576 bytes'],
    ['by a redirection', { status: 302, headers: { location: '/honest' } }, 'answers 302'],
    ['by a server that fails', { status: 500 }, 'answers 500'],
    ['by a server that wants a password', { status: 401 }, 'answers 401'],
    [
      'of a certificate for code',
      { signer: { extendedUses: ['1.3.6.1.5.5.7.3.3'] } },
      'not time stamps alone',
    ],
    [
      'of a certificate for time stamps and code',
      { signer: { extendedUses: ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.3'] } },
      'not time stamps alone',
    ],
    ['of a certificate whose use is not critical', { signer: { critical: false } }, 'not critical'],
    ['of a certificate that has ended', { signer: { to: '2026-01-01T00:00:00Z' } }, 'not now'],
    ['of a certificate of tomorrow', { signer: { from: '2048-01-01T00:00:00Z' } }, 'not now'],
    ['of an authority', { signer: { ca: true } }, 'it is of a certificate authority'],
    ['of a short key', { signer: { key: rsaKey(1024) } }, 'an RSA key of 1024 bits'],
  ];
  test.each(wrong)('%s', async (_, mood, says) => {
    await behaving(mood, async () => {
      await expect(ask().stamp(Buffer.from('signature'))).rejects.toThrow(says);
    });
  });

  test('of a policy that was not asked for', async () => {
    await behaving('another policy', async () => {
      await expect(ask({ policy: '1.2.3.4.1' }).stamp(Buffer.from('signature'))).rejects.toThrow(
        'another policy',
      );
    });
    expect(await ask({ policy: '1.2.3.4.5' }).stamp(Buffer.from('signature'))).toBeInstanceOf(Buffer);
  });

  test('of a stranger, whom nobody trusts, also under the name of one who is', async () => {
    const stranger = await issue({ name: 'Time Stamp Root', ca: true, usage: 0x06 });
    await expect(ask({ trusted: () => [trust(stranger)] }).stamp(Buffer.from('signature'))).rejects.toThrow(
      'leads to a certificate that is trusted',
    );
  });

  test('that does not come in time', async () => {
    await behaving('holds', async () => {
      await expect(ask({ withinMs: 100 }).stamp(Buffer.from('signature'))).rejects.toThrow(
        'time stamp authority: no whole answer within 100 ms',
      );
    });
  });

  test('with a changed byte, wherever it is: refused, or all that counts is as it was', async () => {
    const wanted = stampWanted(Buffer.from('signature'), undefined);
    const answer = await fetch(authority.url, { method: 'POST', body: timeStampRequest(wanted) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const found = (given: Buffer) => {
      const { token, chain } = timeStampIn(given, wanted, {
        trusted: [trust(authority.root)],
        now: new Date(),
      });
      const signed = new SignedData({ schema: ContentInfo.fromBER(token).content });
      const info = Buffer.from(signed.encapContentInfo.eContent!.getValue()).toString('hex');
      return { info, chain: chain.map(({ fingerprint256 }) => fingerprint256) };
    };
    const whole = found(bytes);
    let refused = 0;
    for (let place = 0; place < bytes.length; place += 5) {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 1;
      try {
        expect(found(changed)).toEqual(whole);
      } catch (error) {
        if ((error as Error).message.includes('toEqual')) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 5 / 2);
  });
});

test('CTR-37 an authority that failed is left alone, as long as it says, and calls are counted', async () => {
  const metrics = makeMetrics('contract');
  const asked = ask();
  asked.observe(metrics);
  await asked.stamp(Buffer.from('one'));
  const { length } = authority.asked;
  await behaving({ status: 503, headers: { 'retry-after': '120' } }, () =>
    expect(asked.stamp(Buffer.from('two'))).rejects.toThrow('answers 503'),
  );
  await expect(asked.stamp(Buffer.from('three'))).rejects.toThrow('left alone for a while after: ');
  expect(() => asked.expectBack()).toThrow('left alone');
  expect(authority.asked).toHaveLength(length + 1);
  const text = await metrics.text();
  expect(text).toMatch(/^accord_seal_call_seconds_count\{.*outcome="answered".*\} 1$/m);
  expect(text).toMatch(/^accord_seal_call_seconds_count\{.*outcome="failed".*\} 1$/m);
});

test('CTR-37 the authority is told the password of now, and no more than it has to know', async () => {
  const password = Object.assign(() => 'geheim', { refused: () => false });
  await ask({ user: 'accord', password }).stamp(Buffer.from('signature'));
  await ask({ user: 'accord', password: constant('other') }).stamp(Buffer.from('signature'));
  const told = authority.asked.slice(-2).map(({ headers }) => headers);
  expect(told.map(({ authorization }) => authorization)).toEqual(
    ['accord:geheim', 'accord:other'].map((pair) => `Basic ${Buffer.from(pair).toString('base64')}`),
  );
  expect(told[0]!['content-type']).toBe('application/timestamp-query');
});

function signatureIn(file: Buffer) {
  const contents = Buffer.from(/\/Contents <([0-9a-f]+)>/.exec(file.toString('latin1'))![1]!, 'hex');
  const { offset } = fromBER(contents);
  const { content } = ContentInfo.fromBER(contents.subarray(0, offset));
  return {
    signed: new SignedData({ schema: content }),
    padding: contents.subarray(offset),
    room: contents.length,
  };
}

/** Of OpenSSL about a token over these bytes. */
function verdictOf(token: Buffer, bytes: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  const file = (name: string, content: Buffer | string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const files = ['-in', file('token', token), '-data', file('data', bytes)];
  const ca = ['-CAfile', file('root.pem', certificatePem(authority.root))];
  const { stdout, stderr } = spawnSync('openssl', ['ts', '-verify', '-token_in', ...files, ...ca], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  return stdout + stderr;
}

function pdfsig(file: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealed-'));
  writeFileSync(join(folder, 'contract.pdf'), file);
  const { stdout } = spawnSync('pdfsig', [join(folder, 'contract.pdf')], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return stdout;
}
