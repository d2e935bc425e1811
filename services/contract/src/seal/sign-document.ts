import { createHash } from 'node:crypto';
import { signPdf } from '@accord/pdf';
import type { DocumentContent } from '../document/content.ts';
import { renderDocument } from '../document/document.ts';
import { cadesLength, signCades, type Stamp } from './cades.ts';
import { signerAt, type SealKey, type Signer } from './seal-key.ts';
import { timeStampRoom } from './time-stamp-authority.ts';

/**
 * The official contract: the document with the provider's seal on it and a signature over the whole file, PAdES B-T
 * with a stamp and B-B without one, and the SHA-256 of that file in hex (CTR-18, CTR-19, CTR-37). Store what it
 * answers: sealing the same content again makes another file. `at` is the time of signing that it claims.
 * `render` renders elsewhere.
 *
 * @throws Error where the key does not sign, or has no certificates that are valid at `at` (CTR-37); OutsideFailed of
 * the signing port and of the stamp.
 */
export async function sealDocument(
  content: DocumentContent,
  key: SealKey,
  at: Date,
  {
    stamp,
    render = renderDocument,
  }: { readonly stamp?: Stamp | undefined; readonly render?: typeof renderDocument } = {},
): Promise<{ file: Buffer; sha256: string }> {
  const signer = signerAt(key, at);
  const length = (await cadesLength(signer)) + (stamp ? timeStampRoom : 0);
  const reason = `Contract ${content.number}`;
  const prepared = await render({ ...content, mark: 'official', testSeal: key.test }, { length, reason, at });
  const file = await signPdf(prepared, (covered) =>
    stamp ? signStamped(covered, signer, { length, stamp }) : signToLength(covered, signer, length),
  );
  return { file, sha256: createHash('sha256').update(file).digest('hex') };
}

/** A time stamp's length is known too late: what it leaves of the room is zeros, which no part of a signature is. */
async function signStamped(
  bytes: Buffer,
  signer: Signer,
  { length, stamp }: { length: number; stamp: Stamp },
): Promise<Buffer> {
  const signature = await signCades(bytes, signer, stamp);
  return Buffer.concat([signature, Buffer.alloc(Math.max(0, length - signature.length))]);
}

/** For signatures that come one after the other, from a key that is far away. */
const signWithinMs = 8_000;

/** An ECDSA signature is a byte or two longer or shorter every other time: signs until one fits its room. */
async function signToLength(bytes: Buffer, signer: Signer, length: number): Promise<Buffer> {
  const ends = performance.now() + signWithinMs;
  for (let tries = 0; tries < 100 && performance.now() < ends; tries += 1) {
    const signature = await signCades(bytes, signer);
    if (signature.length === length) return signature;
  }
  throw new Error(`seal: no signature of ${length} bytes came from the key`);
}
