import { anyVersion } from '@accord/core/runtime';
import { Problem, type Fault } from './problem.ts';
import { supportsIfMatch, type Route } from './route.ts';

/** No aggregate has it: a tag that is none of ours matches nothing. */
const noVersion = 0;

const badHeader = (detail: Fault['detail']) =>
  new Problem(400, 'request.invalid', {}, { faults: [{ in: 'header', pointer: '/if-match', detail }] });

const noTags = () =>
  badHeader({
    en: 'Expected entity tags such as "3", with commas between them.',
    'zh-CN': '期望实体标签，例如 "3"；多个标签以逗号分隔。',
  });

/**
 * @throws Problem 400 where a changing call that heeds no version carries one, or where it is no entity tag.
 */
export function ifMatchOf(route: Route, header: string | undefined): readonly number[] | undefined {
  if (route.method === 'get' || header === undefined) return undefined;
  if (!supportsIfMatch(route))
    throw badHeader({
      en: 'This call heeds no version: leave If-Match out.',
      'zh-CN': '该调用不检查版本，请不要发送 If-Match。',
    });
  return parseIfMatch(header);
}

/** One element of a list, with the comma behind it; a list may have empty ones (RFC 9110, 5.6.1). */
const element = /[\t ]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[\t ]*)?(?:,|$)/y;

/**
 * The versions in If-Match (API-8), any of which may be the present one: of `"3", W/"4"` 3 and 4; `*` asks for no
 * certain version, but for one.
 *
 * @throws Problem 400 where it is no list of entity tags.
 */
export function parseIfMatch(header: string | undefined): readonly number[] | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return [anyVersion];
  const versions: number[] = [];
  for (let at = 0; at < header.length; at = element.lastIndex) {
    element.lastIndex = at;
    const found = element.exec(header);
    if (!found) throw noTags();
    const [, tag] = found;
    if (tag !== undefined) versions.push(/^[1-9]\d{0,14}$/.test(tag) ? Number(tag) : noVersion);
  }
  if (versions.length === 0) throw noTags();
  return versions;
}
