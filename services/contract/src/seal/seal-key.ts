import { constants, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { readPkcs12 } from './pkcs12.ts';
import { issueTestCertificate } from './test-certificate.ts';

/**
 * Signs for the provider. The key itself may be anywhere (file, PKCS#11, KMS): all that is asked of it is a
 * signature.
 */
export interface SealKey {
  /** Self-signed for development; documents say so (CTR-22). */
  readonly test: boolean;
  readonly algorithm: 'rsa' | 'ecdsa';
  /** DER of the signer's certificate, then of those that issued it, as far as known. */
  readonly chain: readonly [Buffer, ...Buffer[]];
  /** RSA: PKCS#1 v1.5; ECDSA: DER of r and s; both over SHA-256 of the bytes. */
  sign(bytes: Uint8Array): Promise<Buffer>;
}

/**
 * The key that seals contracts, asked for once at start (CTR-22): from a mounted PKCS#12 file, or, in
 * development without one, self-signed for the life of the process and marked as a test.
 *
 * @throws Error where there is no key outside development, or the file cannot be read, holds no key with its
 * certificate, or its certificate is not valid now. The service must not start.
 */
export async function loadSealKey(from: {
  env: 'development' | 'production';
  p12?: Buffer;
  password?: string;
}): Promise<SealKey> {
  if (from.p12) {
    const { key, certificates } = await readPkcs12(from.p12, from.password ?? '');
    return sealKey(key, certificates, false);
  }
  if (from.env !== 'development')
    throw new Error('seal key: production needs a PKCS#12 file; a self-signed key is for development alone');
  const { key, certificate } = await issueTestCertificate();
  return sealKey(key, [certificate], true);
}

function sealKey(key: KeyObject, certificates: readonly Buffer[], test: boolean): SealKey {
  const all = certificates.map((der) => new X509Certificate(der));
  const own = all.find((certificate) => certificate.checkPrivateKey(key));
  if (!own) throw new Error('seal key: no certificate belongs to the private key');
  const now = new Date();
  if (now < own.validFromDate || now > own.validToDate) {
    throw new Error(`seal key: the certificate is valid from ${own.validFrom} to ${own.validTo}, not now`);
  }
  const algorithm = algorithmOf(key);
  const issuers = all.filter((certificate) => certificate !== own).map((certificate) => certificate.raw);
  return {
    test,
    algorithm,
    chain: [own.raw, ...issuers],
    sign: promisify<Uint8Array, Buffer>((bytes, done) => {
      sign('sha256', bytes, algorithm === 'rsa' ? { key, padding: constants.RSA_PKCS1_PADDING } : key, done);
    }),
  };
}

function algorithmOf(key: KeyObject): SealKey['algorithm'] {
  if (key.asymmetricKeyType === 'rsa') return 'rsa';
  if (key.asymmetricKeyType === 'ec') return 'ecdsa';
  throw new Error(`seal key: ${key.asymmetricKeyType ?? 'this'} keys cannot seal; RSA and EC keys can`);
}
