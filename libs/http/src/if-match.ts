import { anyVersion } from '@accord/core/runtime';
import { Problem, type Fault } from './problem.ts';
import { supportsIfMatch, type Route } from './route.ts';

/** No aggregate has it: a tag that is none of ours matches nothing. */
const noVersion = 0;

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
