import { constants, createHash, verify, type KeyObject } from 'node:crypto';

export type Hash = 'sha256' | 'sha384' | 'sha512';

/**
 * How a key signs: RSA by PKCS#1 v1.5 over SHA-256, a curve over the hash of its size, as key services have it. An
 * ECDSA signature is the DER of r and s.
 */
export interface SignatureScheme {
  readonly hash: Hash;
  /** Of signature and hash together, for a signer's infos. */
  readonly oid: string;
  /** As the signing port is told (docs/signing-port.openapi.json), in the words of AWS KMS. */
  readonly name: string;
  readonly padding?: number;
  /** Bytes of a signature; of ECDSA the most frequent number. */
  readonly length: number;
}

const ecdsa = (hash: Hash, oid: string, length: number): SignatureScheme => ({
  hash,
  oid,
  name: `ECDSA_${hash.replace('sha', 'SHA_')}`,
  length,
});
/** By the bytes of r and s: one of the two begins with a bit set, and so takes a byte more, as a rule. */
const ofCurve: Readonly<Record<string, SignatureScheme>> = {
  prime256v1: ecdsa('sha256', '1.2.840.10045.4.3.2', 71),
  secp384r1: ecdsa('sha384', '1.2.840.10045.4.3.3', 103),
  secp521r1: ecdsa('sha512', '1.2.840.10045.4.3.4', 139),
};

/** Of a private or a public key that may seal (`chainsOf`). */
export function schemeOf({ asymmetricKeyDetails: details = {} }: KeyObject): SignatureScheme {
  const { modulusLength = 0, namedCurve = '' } = details;
  return (
    ofCurve[namedCurve] ?? {
      hash: 'sha256',
      oid: '1.2.840.113549.1.1.11',
      name: 'RSASSA_PKCS1_V1_5_SHA_256',
      padding: constants.RSA_PKCS1_PADDING,
      length: Math.ceil(modulusLength / 8),
    }
  );
}

/** As node:crypto takes a key with its padding. */
export const withPadding = (key: KeyObject, { padding }: Pick<SignatureScheme, 'padding'>) =>
  padding === undefined ? key : { key, padding };

export const digestOf = (hash: Hash | 'sha1', bytes: Uint8Array): Buffer =>
  createHash(hash).update(bytes).digest();

/** Whether a signature over the bytes is of this key. */
export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Buffer): boolean {
  const scheme = schemeOf(key);
  return verify(scheme.hash, bytes, withPadding(key, scheme), signature);
}
