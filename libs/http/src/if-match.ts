import { Refusal } from '@accord/core';
import { Problem, type Fault } from './problem.ts';
import { supportsIfMatch, type Route } from './route.ts';

/** No aggregate has it: a tag that is none of ours matches nothing. */
const noVersion = 0;
/** Of `*`: whichever there is. */
const anyVersion = -1;

const badTag = (detail: Fault['detail']) =>
  new Problem(400, 'request.invalid', {}, { faults: [{ in: 'header', pointer: '/if-match', detail }] });

/**
 * @throws Problem 400 where a changing call that heeds no version carries one, or where it is no entity tag.
 */
export function ifMatchOf(route: Route, header: string | undefined): number | undefined {
  if (route.method === 'get' || header === undefined) return undefined;
  if (!supportsIfMatch(route))
    throw badTag({
      en: 'This call heeds no version: leave If-Match out.',
      'zh-CN': '该调用不检查版本，请不要发送 If-Match。',
    });
  return parseIfMatch(header);
}

/**
 * The version in If-Match (API-8): of `"3"` and `W/"3"` 3; `*` asks for no certain version, but for one.
 *
 * @throws Problem 400 where it is no entity tag.
 */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (header === '*') return anyVersion;
  const tag = /^(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/.exec(header.trim())?.[1];
  if (tag === undefined)
    throw badTag({ en: 'Expected an entity tag such as "3".', 'zh-CN': '期望实体标签，例如 "3"。' });
  return /^[1-9]\d{0,14}$/.test(tag) ? Number(tag) : noVersion;
}

/**
 * @param version of what is there; undefined where nothing is, which no tag matches.
 * @throws Refusal 412 `request.version_mismatch` where the caller decided on another version than the present
 * one.
 */
export function expectVersion(ifMatch: number | undefined, version: number | undefined): void {
  if (ifMatch === undefined || (version !== undefined && (ifMatch === anyVersion || ifMatch === version)))
    return;
  throw new Refusal('precondition', 'request.version_mismatch', {
    expected: ifMatch === anyVersion ? '*' : ifMatch,
    actual: version ?? null,
  });
}
