import { createPublicKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  chainAt,
  chainsOf,
  invalidAt,
  validityOf,
  type CertificateChain,
  type CertificateChains,
} from './certificate-chain.ts';
import { freshOf, type FreshFiles } from './fresh-files.ts';
import { readPkcs12 } from './pkcs12.ts';
import { schemeOf, withPadding } from './signature-scheme.ts';
import { chainsOfPem, type SigningPort } from './signing-port.ts';
import { issueTestCertificate } from './test-certificate.ts';

/**
 * Signs for the provider. The key itself may be anywhere (file, signing port): all that is asked of it is a
 * signature.
 */
export interface SealKey {
  /** Self-signed for development; documents say so (CTR-22). */
  readonly test: boolean;
  readonly chains: CertificateChains;
  /** As `schemeOf` says of the certificates' key. @throws OutsideFailed of a signing port. */
  readonly sign: (bytes: Uint8Array) => Promise<Buffer>;
  /** Where the key is outside of the process. */
  readonly port?: SigningPort | undefined;
}

/** The key with the certificates that it seals with now. */
export type Signer = Omit<SealKey, 'chains'> & { readonly chain: CertificateChain };

/**
 * The key that seals contracts as it was at the start (CTR-22): from a mounted PKCS#12 file, or, in development
 * without one, self-signed for the life of the process and marked as a test. Whether its certificates are valid is
 * asked at each seal, by `signerAt`.
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
    throw new Error(
      'seal key: production needs a PKCS#12 file or a signing port; a self-signed key is for development alone',
    );
  const { key, certificate } = await issueTestCertificate();
  return sealKey(key, [certificate], true);
}

type Watching = Pick<FreshFiles<SealKey>, 'log' | 'everyMs' | 'signal'>;

/** The key of a PKCS#12 file, and of another one that takes its place. @throws Error as `loadSealKey`. */
export const sealKeyOfFile = (
  { path, password }: { readonly path: string; readonly password: () => string | undefined },
  watching: Watching,
): Promise<SealKey> =>
  freshKey({
    ...watching,
    read: async () => [await readFile(path), password() ?? ''],
    make: ([p12, secret]) =>
      loadSealKey({ env: 'production', p12: p12 as Buffer, password: secret as string }),
  });

/** The key behind a signing port, with the certificates of a PEM file, and those that take their place. */
export const sealKeyOfPort = (
  { port, certificates }: { readonly port: SigningPort; readonly certificates: string },
  watching: Watching,
): Promise<SealKey> =>
  freshKey({
    ...watching,
    read: async () => [await readFile(certificates, 'utf8')],
    make: ([pem]) => {
      const chains = chainsOfPem(String(pem));
      return Promise.resolve({ test: false, chains, port, sign: (bytes) => port.sign(bytes, chains) });
    },
  });

/** Every look is at one key: `signerAt` takes all of it at once, so that no seal is made with two of them. */
async function freshKey(files: Omit<FreshFiles<SealKey>, 'name'>): Promise<SealKey> {
  const now = await freshOf({ ...files, name: 'seal key' });
  return {
    get test() {
      return now().test;
    },
    get chains() {
      return now().chains;
    },
    get sign() {
      return now().sign;
    },
    get port() {
      return now().port;
    },
  };
}

/** @throws Error where no chain of certificates is valid at that time (CTR-37). */
export function signerAt({ chains, ...key }: SealKey, at: Date): Signer {
  const chain = chainAt(chains, at);
  const invalid = invalidAt(chain, at);
  if (!invalid) return { ...key, chain };
  throw new Error(`seal key: ${validityOf(invalid)}`);
}

function sealKey(key: KeyObject, certificates: readonly Buffer[], test: boolean): SealKey {
  const chains = chainsOf(
    key,
    certificates.map((der) => new X509Certificate(der)),
  );
  const scheme = schemeOf(createPublicKey(key));
  return {
    test,
    chains,
    sign: promisify<Uint8Array, Buffer>((bytes, done) => {
      sign(scheme.hash, bytes, withPadding(key, scheme), done);
    }),
  };
}
