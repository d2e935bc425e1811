/** Room that a document keeps for a signature over the whole file, with what its dictionary says of it. */
export interface SignatureRoom {
  /** Bytes of the signature. */
  readonly length: number;
  readonly reason: string;
  /** The time of signing that it claims. */
  readonly at: Date;
}

const unknown = '*'.repeat(10);
/** The dictionary's entries about the bytes, before they are known. */
const byteRange = ['0', unknown, unknown, unknown] as const;
const opening = `/ByteRange [/${byteRange.join(' /')}]\n/Contents <`;

/**
 * The dictionary of a detached CAdES signature, to be filled by `signPdf`: the range of bytes and the
 * signature have their lengths, and not yet their values.
 */
export const signatureDictionary = ({ length, reason, at }: SignatureRoom) => ({
  Type: 'Sig',
  Filter: 'Adobe.PPKLite',
  SubFilter: 'ETSI.CAdES.detached',
  ByteRange: byteRange,
  Contents: new Uint8Array(length),
  // PDF has names and strings; pdfkit takes an object for the latter.
  Reason: Object(reason) as string,
  M: at,
});

/**
 * Fills the room for a signature in a file: `sign` gets all of the file but the signature itself.
 *
 * @throws Error where the file keeps no room, or not so much as the signature takes: no byte is left over that
 * could be changed unnoticed.
 */
export async function signPdf(file: Buffer, sign: (covered: Buffer) => Promise<Buffer>): Promise<Buffer> {
  const at = file.indexOf(opening);
  if (at === -1 || file.includes(opening, at + 1))
    throw new Error('pdf: the file keeps no room for a signature');
  const start = at + opening.length - 1;
  const end = file.indexOf('>', start) + 1;
  const signed = Buffer.from(file);
  const range = `/ByteRange [0 ${start} ${end} ${file.length - end}]`;
  signed.write(range.padEnd(opening.indexOf('\n')), at, 'latin1');
  const signature = await sign(Buffer.concat([signed.subarray(0, start), signed.subarray(end)]));
  if (signature.length * 2 !== end - start - 2)
    throw new Error(`pdf: ${signature.length} bytes of signature for a room of ${(end - start) / 2 - 1}`);
  signed.write(signature.toString('hex'), start + 1, 'latin1');
  return signed;
}
