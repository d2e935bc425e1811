import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** An uploaded file, once it has come to its end; its bytes are not kept. */
export interface Upload {
  /** In hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export const largestUpload = 64 * 1_048_576;

const tooLarge = () => new Problem(413, 'request.too_large');

/**
 * Hashes a body as it comes, so that many large ones together fill no memory. The rest of one that is too
 * large is dropped unread.
 *
 * @throws Problem 413 `request.too_large`, 415 `request.content_type` where it is compressed, 400
 * `request.bad_json` where it breaks off
 */
export async function readUpload(req: IncomingMessage): Promise<Upload> {
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new Problem(415, 'request.content_type', { expected: 'application/octet-stream' });
  if (Number(req.headers['content-length'] ?? 0) > largestUpload) throw tooLarge();
  const hash = createHash('sha256');
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    const take = (bytes: Buffer) => {
      size += bytes.length;
      if (size <= largestUpload) return void hash.update(bytes);
      req.off('data', take).resume();
      reject(tooLarge());
    };
    req.once('error', (cause) => reject(new Problem(400, 'request.bad_json', {}, { cause })));
    req.once('end', resolve).on('data', take);
  });
  return { sha256: hash.digest('hex'), size };
}
