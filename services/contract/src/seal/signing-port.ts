import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Renewed, TlsMaterial } from '@accord/core/runtime';
import { chainsOf, type CertificateChains } from './certificate-chain.ts';
import { OutsideFailed, openOutside, post, type Outside } from './outside.ts';
import { digestOf, isSignedBy, schemeOf } from './signature-scheme.ts';

/** Where the key is, and how this service is known there: by a bearer token, a certificate of its own, or both. */
export interface SigningPortAddress {
  /** Of the key: `https://signer.example/v1/keys/seal/sign`. */
  readonly url: URL;
  readonly tls: () => TlsMaterial;
  readonly token?: Renewed<string> | undefined;
  /** Longest time until a signature has come, ms. */
  readonly withinMs?: number;
}

const name = 'signing port';
const Answer = z.object({ signature: z.base64().min(1) });
const mostBytes = 16_384;

export interface SigningPort extends Outside {
  /** @throws OutsideFailed also where the answer is no signature of the key that the certificates are for. */
  sign(bytes: Uint8Array, chains: CertificateChains): Promise<Buffer>;
  /** That of its server as it showed it last, and that of this side. */
  certificates(): readonly X509Certificate[];
}

/**
 * A key outside of the process, behind the port that docs/signing-port.openapi.json describes: a digest goes there, a
 * signature comes back. Signing a digest again has no effect, so a call whose answer did not come is made again.
 */
export function openSigningPort({ url, tls, token, withinMs = 5_000 }: SigningPortAddress): SigningPort {
  const outside = openOutside(name);
  let server: X509Certificate | undefined;
  async function ask(bytes: Uint8Array, [[{ publicKey }]]: CertificateChains): Promise<Buffer> {
    const { hash, name: algorithm } = schemeOf(publicKey);
    const digest = digestOf(hash, bytes).toString('base64');
    const { body, certificate } = await post(name, {
      url,
      tls: tls(),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token()}` }),
      },
      body: Buffer.from(JSON.stringify({ algorithm, digest })),
      withinMs,
      mostBytes,
    });
    server = certificate;
    const signature = signatureOf(body);
    if (!isSignedBy(publicKey, bytes, signature))
      throw new OutsideFailed(name, 'its signature is not of the key of the certificate');
    return signature;
  }
  return {
    ...outside,
    sign: (bytes, chains) => outside.ask(() => ask(bytes, chains)),
    certificates() {
      const { cert } = tls();
      return [...(server ? [server] : []), ...(cert === undefined ? [] : [new X509Certificate(cert)])];
    },
  };
}

function signatureOf(body: Buffer): Buffer {
  try {
    return Buffer.from(Answer.parse(JSON.parse(body.toString('utf8'))).signature, 'base64');
  } catch (cause) {
    throw new OutsideFailed(name, 'its answer is no signature in JSON', { cause });
  }
}

/**
 * The chains of a PEM file, whose first certificate is of the key; others of the same key may stand there too, for a
 * renewal.
 *
 * @throws Error where it has none, or the key cannot seal (CTR-37).
 */
export function chainsOfPem(pem: string): CertificateChains {
  const certificates = certificatesOf(pem);
  const [own] = certificates;
  if (!own) throw new Error('seal key: the file of its certificates has none in PEM');
  return chainsOf(own.publicKey, certificates);
}

/** @throws Error where one is broken. */
export const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );
