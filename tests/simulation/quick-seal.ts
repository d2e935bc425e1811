import { createHash } from 'node:crypto';

/**
 * Stands for `seal/sign-document.ts` in the simulation: a file of its own for each contract, without the 80 ms that
 * drawing and signing one takes.
 */
export function sealDocument(content: {
  readonly number: string;
}): Promise<{ file: Buffer; sha256: string }> {
  const file = Buffer.from(`%PDF-1.7\n% ${content.number}\n%%EOF\n`);
  return Promise.resolve({ file, sha256: createHash('sha256').update(file).digest('hex') });
}
