import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { Problem } from './problem.ts';

// A file is a PDF, and comes as the body itself, or as the one file of a form. Bytes that wrap it (a form of
// another kind, JSON, an encoding) are not the file, and are refused: an answer about them would be about
// something else.

/** An uploaded file, once it has come to its end. */
export interface Upload {
  /** In hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Where the route keeps files. */
  readonly bytes?: Buffer;
}

const largestUpload = 64 * 1_048_576;
/** The most that is held in memory at once, of a file that is kept. */
const largestKept = 20 * 1_048_576;
/** Heads and fields of a form, beside its file. */
const mostAround = 1_048_576;
const formLimits = {
  files: 1,
  fields: 20,
  fieldSize: 65_536,
  parts: 25,
  headerSize: 16_384,
};

export const formType = 'multipart/form-data';
/** The types that say of a body that it is a file as it is. */
export const fileTypes = ['application/pdf', 'application/octet-stream'] as const;
/** A part that names no type is text/plain by RFC 7578. */
const partTypes = [...fileTypes, 'application/x-pdf', 'binary/octet-stream', 'text/plain'];
const bodyTypes = [...fileTypes, 'application/x-pdf', 'binary/octet-stream', ''];
const asItIs = ['', 'binary', '8bit', '7bit'];

const tooLarge = () => new Problem(413, 'request.too_large');
const noFile = () => new Problem(415, 'request.file_expected');
const brokenOff = (cause: unknown) => new Problem(400, 'request.bad_json', {}, { cause });
const badForm = (cause?: unknown) => new Problem(400, 'request.bad_form', {}, { cause });

/** Whether the file's bytes are handed on, and the most that it may have. */
interface Taking {
  readonly keeps: boolean;
  readonly most: number;
}

/**
 * Hashes a file as it comes, so that many large ones together fill no memory, unless it is to be kept. The rest
 * of one that is too large is dropped unread.
 *
 * @throws Problem 413 `request.too_large`; 415 `request.content_type` where it is compressed,
 * `request.file_expected` where it is wrapped, empty, or not one; 400 `request.bad_json` where it breaks off,
 * `request.bad_form` where a form does not fit its description
 */
export async function readUpload(req: IncomingMessage, use: 'hashed' | 'kept'): Promise<Upload> {
  const taking = use === 'kept' ? { keeps: true, most: largestKept } : { keeps: false, most: largestUpload };
  const { headers } = req;
  if (isCoded(headers)) throw new Problem(415, 'request.content_type', { expected: fileTypes.join(', ') });
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (isPart(headers) || ![...bodyTypes, formType].includes(type)) throw noFile();
  const most = taking.most + (type === formType ? mostAround : 0);
  if (Number(headers['content-length'] ?? 0) > most) throw tooLarge();
  const file = await (type === formType ? readForm(req, taking) : taken(req, taking, brokenOff));
  if (file) return file;
  throw noFile();
}

const isCoded = (headers: IncomingHttpHeaders) =>
  (headers['content-encoding'] ?? 'identity').trim().toLowerCase() !== 'identity' ||
  (headers['transfer-encoding'] ?? 'chunked').trim().toLowerCase() !== 'chunked';

/** A slice of the file, or an encoded one. */
const isPart = (headers: IncomingHttpHeaders) =>
  headers['content-range'] !== undefined ||
  !asItIs.includes(String(headers['content-transfer-encoding'] ?? '').toLowerCase());

/** All of our files begin so. Bytes that do not are a file within something else, or none. */
const signature = Buffer.from('%PDF-');

/** Reads `bytes` to their end; too many, and ones that are no PDF, run out unread. */
function taken(
  bytes: Readable,
  { keeps, most }: Taking,
  broken: (cause: unknown) => Problem,
): Promise<Upload> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let size = 0;
  let head = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const refuse = (problem: Problem) => {
      bytes.off('data', take).resume();
      reject(problem);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (head.length < signature.length)
        head = Buffer.concat([head, chunk.subarray(0, signature.length - head.length)]);
      if (!signature.subarray(0, head.length).equals(head)) refuse(noFile());
      else if (size > most) refuse(tooLarge());
      else {
        hash.update(chunk);
        if (keeps) kept.push(chunk);
      }
    };
    const end = () =>
      resolve({ sha256: hash.digest('hex'), size, ...(keeps && { bytes: Buffer.concat(kept) }) });
    bytes.on('error', (cause) => reject(broken(cause)));
    bytes.once('end', () => (size < signature.length ? reject(noFile()) : end())).on('data', take);
  });
}

/** The one file of a form; undefined where it has none. Its fields are dropped. */
async function readForm(req: IncomingMessage, taking: Taking): Promise<Upload | undefined> {
  const form = formOf(req, taking.most);
  let file: Promise<Upload> | undefined;
  let received = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      form.on('file', (_field, bytes, _name, encoding, type) => {
        bytes.once('limit', () => reject(tooLarge()));
        if (!asItIs.includes(encoding) || !partTypes.includes(type)) reject(noFile());
        file = taken(bytes, taking, badForm);
        file.catch(reject);
      });
      form.once('filesLimit', () => reject(noFile()));
      form.once('partsLimit', () => reject(badForm()));
      form.on('error', (cause) => reject(badForm(cause)));
      form.once('finish', resolve);
      req.on('error', (cause) => reject(brokenOff(cause)));
      req.on('data', (bytes: Buffer) => {
        received += bytes.length;
        if (received > taking.most + mostAround) reject(tooLarge());
      });
      req.pipe(form);
    });
    return await file;
  } finally {
    req.unpipe(form);
    req.removeAllListeners('data').resume();
  }
}

/** @throws Problem 400 `request.bad_form` where it names no boundary. */
function formOf({ headers }: IncomingMessage, fileSize: number): BusboyInstance {
  try {
    return new Busboy({ headers: headers as BusboyHeaders, limits: { ...formLimits, fileSize } });
  } catch (error) {
    throw badForm(error);
  }
}
