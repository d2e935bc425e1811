import { constants, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  chainAt,
  chainsOf,
  invalidAt,
  subjectOf,
  type CertificateChain,
  type CertificateChains,
} from './certificate-chain.ts';
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
  readonly chains: CertificateChains;
  /** Bytes of a signature; of ECDSA the most frequent number. */
  readonly signatureLength: number;
  /** RSA: PKCS#1 v1.5; ECDSA: DER of r and s; both over SHA-256 of the bytes. */
  sign(bytes: Uint8Array): Promise<Buffer>;
}

/** The key with the certificates that it seals with now. */
export type Signer = Omit<SealKey, 'chains'> & { readonly chain: CertificateChain };

/**
 * The key that seals contracts, asked for once at start (CTR-22): from a mounted PKCS#12 file, or, in
 * development without one, self-signed for the life of the process and marked as a test. Whether its
 * certificates are valid is asked at each seal, by `signerAt`.
 *
 * @throws Error where there is no key outside development, the file cannot be read or holds no key with its
 * certificate, or a certificate is not for seals (CTR-37). The service must not start.
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

/** @throws Error where no chain of certificates is valid at that time (CTR-37). */
export function signerAt({ chains, ...key }: SealKey, at: Date): Signer {
  const chain = chainAt(chains, at);
  const invalid = invalidAt(chain, at);
  if (!invalid) return { ...key, chain };
  const [from, to] = [invalid.validFromDate, invalid.validToDate].map((date) => date.toISOString());
  throw new Error(`seal key: ${subjectOf(invalid)} is valid from ${from} to ${to}, not now`);
}

function sealKey(key: KeyObject, certificates: readonly Buffer[], test: boolean): SealKey {
  const chains = chainsOf(
    key,
    certificates.map((der) => new X509Certificate(der)),
  );
  const algorithm = key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ecdsa';
  return {
    test,
    algorithm,
    chains,
    signatureLength: signatureLengthOf(key),
    sign: promisify<Uint8Array, Buffer>((bytes, done) => {
      sign('sha256', bytes, algorithm === 'rsa' ? { key, padding: constants.RSA_PKCS1_PADDING } : key, done);
    }),
  };
}

/** By the bytes of r and s: one of the two begins with a bit set, and so takes a byte more, as a rule. */
const ecdsaLengths = { prime256v1: 71, secp384r1: 103, secp521r1: 139 };

function signatureLengthOf({
  asymmetricKeyDetails: { modulusLength = 0, namedCurve } = {},
}: KeyObject): number {
  return ecdsaLengths[namedCurve as keyof typeof ecdsaLengths] ?? Math.ceil(modulusLength / 8);
}
