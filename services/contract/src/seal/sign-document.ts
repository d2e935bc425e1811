import { createHash } from 'node:crypto';
import { signPdf } from '@accord/pdf';
import type { DocumentContent } from '../document/content.ts';
import { renderDocument } from '../document/document.ts';
import { cadesLength, signCades } from './cades.ts';
import { signerAt, type SealKey, type Signer } from './seal-key.ts';

/**
 * The official contract: the document with the provider's seal on it and a PAdES B-B signature over the whole
 * file, and the SHA-256 of that file in hex (CTR-18, CTR-19). Store what it answers: sealing the same content
 * again makes another file. `at` is the time of signing that it claims; `render` renders elsewhere.
 *
 * @throws Error where the key does not sign, or has no certificates that are valid at `at` (CTR-37).
 */
export async function sealDocument(
  content: DocumentContent,
  key: SealKey,
  at: Date,
  { render = renderDocument }: { readonly render?: typeof renderDocument } = {},
): Promise<{ file: Buffer; sha256: string }> {
  const signer = signerAt(key, at);
  const length = await cadesLength(signer);
  const reason = `Contract ${content.number}`;
  const prepared = await render({ ...content, mark: 'official', testSeal: key.test }, { length, reason, at });
  const file = await signPdf(prepared, (covered) => signToLength(covered, signer, length));
  return { file, sha256: createHash('sha256').update(file).digest('hex') };
}

/** An ECDSA signature is a byte or two longer or shorter every other time: signs until one fits its room. */
async function signToLength(bytes: Buffer, signer: Signer, length: number): Promise<Buffer> {
  for (let tries = 0; tries < 100; tries += 1) {
    const signature = await signCades(bytes, signer);
    if (signature.length === length) return signature;
  }
  throw new Error(`seal: no signature of ${length} bytes came from the key`);
}
