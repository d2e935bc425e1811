import { fromBER } from 'asn1js';
import { ContentInfo, CryptoEngine, setEngine, SignedData } from 'pkijs';

/**
 * Whether a PDF's digital signature is valid and covers the whole file: everything but the place of the
 * signature itself. A check of our own, apart from the code that signs; `pdfsig` says the same.
 */
export async function verifySignature(file: Buffer): Promise<boolean> {
  setEngine('node', new CryptoEngine({ name: 'node', crypto: globalThis.crypto }));
  const range = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/.exec(file.toString('latin1'));
  if (!range) return false;
  const [start, length, restStart, restLength] = range.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  if (start !== 0 || restStart + restLength !== file.length) return false;
  const signature = Buffer.from(file.subarray(length + 1, restStart - 1).toString('latin1'), 'hex');
  const signed = Buffer.concat([file.subarray(start, length), file.subarray(restStart)]);
  const parsed = fromBER(new Uint8Array(signature));
  if (parsed.offset === -1) return false;
  try {
    const content = new SignedData({ schema: new ContentInfo({ schema: parsed.result }).content });
    return await content.verify({ signer: 0, data: new Uint8Array(signed).buffer, checkChain: false });
  } catch {
    return false;
  }
}
