import { createHash } from 'node:crypto';
import { plainAddPlaceholder } from '@signpdf/placeholder-plain';
import { Signer, SignPdf } from '@signpdf/signpdf';
import type { DocumentContent } from '../document/content.ts';
import { renderDocument } from '../document/document.ts';
import { signCades } from './cades.ts';
import type { SealKey } from './seal-key.ts';

/**
 * The official contract: the document with the provider's seal on it and a PAdES B-B signature over the whole
 * file, and the SHA-256 of that file in hex (CTR-18, CTR-19). Store what it answers: sealing the same content
 * again makes another file. `at` is the time of signing that it claims.
 *
 * @throws Error where the key does not sign.
 */
export async function sealDocument(
  content: DocumentContent,
  key: SealKey,
  at: Date,
): Promise<{ file: Buffer; sha256: string }> {
  const page = await renderDocument({ ...content, mark: 'official', testSeal: key.test });
  const room = (await signCades(page, key)).length;
  const prepared = plainAddPlaceholder({
    pdfBuffer: page,
    reason: `Contract ${content.number}`,
    name: '',
    location: '',
    contactInfo: '',
    signingTime: at,
    signatureLength: room,
    subFilter: 'ETSI.CAdES.detached',
    widgetRect: [0, 0, 0, 0],
    appName: 'Accord',
  });
  const file = await new SignPdf().sign(prepared, new ExactSigner(key, room), at);
  return { file, sha256: createHash('sha256').update(file).digest('hex') };
}

/**
 * Fills the room kept for the signature to the last byte: no padding is left that could be changed unnoticed.
 * An ECDSA signature is a byte or two longer or shorter from time to time, so it signs until one fits.
 */
class ExactSigner extends Signer {
  readonly #key: SealKey;
  readonly #room: number;

  constructor(key: SealKey, room: number) {
    super();
    this.#key = key;
    this.#room = room;
  }

  override async sign(bytes: Buffer): Promise<Buffer> {
    for (let tries = 0; tries < 100; tries += 1) {
      const signature = await signCades(bytes, this.#key);
      if (signature.length === this.#room) return signature;
    }
    throw new Error(`seal: no signature of ${String(this.#room)} bytes came from the key`);
  }
}
