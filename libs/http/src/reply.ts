import type { Readable } from 'node:stream';
import type { FileResponse, RouteResponse } from './route.ts';

/** A JSON answer, written once: the same text is sent and stored, unless `kept` takes its place. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Stored for a repeat instead of `text`: without what is told once. */
  readonly kept?: string;
  /** The value that `text` was made from; absent in a replay. */
  readonly body?: unknown;
}

export interface FileReply {
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  readonly file: Buffer | Readable;
}

export const isFile = (answer: RouteResponse | FileResponse): answer is FileResponse => 'file' in answer;

export function replyOf({ status = 200, body, kept, version, location }: RouteResponse): Reply {
  const headers: Record<string, string> = {};
  if (version !== undefined) headers['ETag'] = `"${version}"`;
  if (location !== undefined) headers['Location'] = location;
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status, headers, text, body, ...(kept !== undefined && { kept: JSON.stringify(kept) }) };
}

/** RFC 6266: a plain name for old clients, the whole name in UTF-8 for the others. */
export function contentDisposition(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(fileName.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

export function fileReplyOf({ file, contentType, fileName, sha256, length }: FileResponse): FileReply {
  const bytes = Buffer.isBuffer(file) ? file.length : length;
  return {
    status: 200,
    file,
    headers: {
      'Content-Type': contentType,
      'Content-Disposition': contentDisposition(fileName),
      // RFC 9110, 14.3: a file is sent whole, whatever part is asked for.
      'Accept-Ranges': 'none',
      ...(bytes !== undefined && { 'Content-Length': String(bytes) }),
      ...(sha256 && { 'Repr-Digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` }),
    },
  };
}
