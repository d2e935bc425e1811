import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import type { Locale } from '@accord/core';
import { JsonError, readJson, type JsonFault } from '@accord/core/runtime';
import { Problem } from './problem.ts';
import { invalid, noText, pointer } from './validation.ts';

export const largestBody = 1_048_576;
/** Far more than any body of ours has, and read and checked within milliseconds. */
const limits = { depth: 32, values: 20_000 };

/** A body as it came, beside its value: the bytes tell a request from others under one idempotency key. */
interface JsonBody {
  readonly value: unknown;
  readonly raw: Buffer;
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** JSON is UTF-8 (RFC 8259); its type has no parameters, so that those which come mean nothing. */
function isJson(contentType: string | undefined): boolean {
  try {
    const { essence, params } = new MIMEType(contentType ?? '');
    const charset = params.get('charset');
    return /^application\/(?:[\w.-]+\+)?json$/.test(essence) && (!charset || /^utf-?8$/i.test(charset));
  } catch {
    return false;
  }
}

function checkHeaders(headers: IncomingHttpHeaders): void {
  const refused = (more: Record<string, string>) =>
    new Problem(415, 'request.content_type', { expected: 'application/json' }, { headers: more });
  if (!isJson(headers['content-type'])) throw refused({});
  const encoded = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoded !== '' && encoded !== 'identity') throw refused({ 'Accept-Encoding': 'identity' });
  if (Number(headers['content-length'] ?? 0) > largestBody) throw new Problem(413, 'request.too_large');
}

/** The rest of a body that is too large is dropped unread. */
const bytesOf = (req: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      if ((size += chunk.length) <= largestBody) return;
      req.off('data', take).resume();
      reject(new Problem(413, 'request.too_large'));
    };
    req.once('error', (cause) => reject(new Problem(400, 'request.bad_json', {}, { cause })));
    req.once('end', () => resolve(Buffer.concat(chunks))).on('data', take);
  });

const sayings: Readonly<Record<Exclude<JsonFault, 'syntax' | 'text'>, Readonly<Record<Locale, string>>>> = {
  depth: { en: `Nested more than ${limits.depth} deep.`, 'zh-CN': `嵌套超过 ${limits.depth} 层。` },
  values: { en: `More than ${limits.values} values.`, 'zh-CN': `超过 ${limits.values} 个值。` },
  name: { en: 'An object has a name twice.', 'zh-CN': '同一对象中有重复的名称。' },
};

const escapes = /\\(?:u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})|[^])/g;
/** Stands for what cannot be stored; it is of private use, so nobody means anything by it. */
const mark = '\uE000';

/** The places of its texts that hold `mark`. */
function* placesOfMark(value: unknown, path: readonly PropertyKey[] = []): Generator<string> {
  if (typeof value === 'string' && value.includes(mark)) yield pointer(path);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes(mark)) yield pointer(path);
    yield* placesOfMark(inner, [...path, key]);
  }
}

/**
 * The place of a text that cannot be stored. The rest is held to the limits first, for it has not been looked at.
 *
 * @throws JsonError
 */
function placeOfText(text: string): string {
  const marked = text.replaceAll(escapes, (escape) => (escape.length > 2 ? mark : escape));
  return placesOfMark(readJson(marked, limits)).next().value ?? '';
}

function refused(error: JsonError, text: string): Problem {
  const { fault } = error;
  if (fault === 'syntax') return new Problem(400, 'request.bad_json', {}, { cause: error });
  if (fault !== 'text') return invalid('body', '', sayings[fault], error);
  try {
    return invalid('body', placeOfText(text), noText, error);
  } catch (worse) {
    return refused(worse as JsonError, text);
  }
}

function valueOf(text: string): unknown {
  try {
    return readJson(text, limits);
  } catch (error) {
    throw error instanceof JsonError ? refused(error, text) : error;
  }
}

/**
 * The JSON body of a request; undefined where it has none.
 *
 * @param count told the bytes before they are read, or as soon as they have come where they are not announced;
 *   throws where they are too many.
 * @throws Problem 400 `request.bad_json`, `request.invalid`; 413 `request.too_large`; 415 `request.content_type`.
 */
export async function readBody(
  req: IncomingMessage,
  count: (bytes: number) => Promise<unknown>,
): Promise<JsonBody | undefined> {
  if (!hasBody(req)) return undefined;
  checkHeaders(req.headers);
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > 0) await count(announced);
  const raw = await bytesOf(req);
  if (announced === 0) await count(raw.length);
  if (raw.length === 0) return undefined;
  if (!isUtf8(raw)) throw new Problem(400, 'request.bad_json');
  return { value: valueOf(raw.toString()), raw };
}
