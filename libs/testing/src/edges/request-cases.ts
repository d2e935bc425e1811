import { randomBytes } from 'node:crypto';
import { pageQuery, type Route } from '@accord/http';
import { supportsIfMatch, type CustomerScope } from '@accord/http/server';
import {
  changes,
  fieldsOf,
  json,
  pathOf,
  pathWith,
  queryOf,
  takesBody,
  unknownField,
  type BadInput,
} from './case.ts';
import { forgedCursorCases, queryValueCases } from './query-values.ts';
import { sampleOf } from './sample.ts';
import { refusedTokens } from './tokens.ts';

/**
 * API-4: each kind of token against what the route's access says. One that reaches it brings a body that is
 * refused, so nothing happens.
 */
export function tokenCases(
  route: Route,
  ask: { method: string; path: string; body?: string; headers?: Record<string, string> },
): BadInput[] {
  if (route.access === 'anyone') return [];
  const { access } = route;
  const refused = refusedTokens.map(([token, status, code]) => ({
    ...ask,
    title: `token ${token}`,
    token,
    statuses: [status],
    code,
  }));
  const unreached = (['customer', 'operator', 'platform'] as const)
    .filter((kind) => !access[kind])
    .map((token) => ({
      ...ask,
      title: `token ${token}`,
      token,
      statuses: [403],
      code: 'auth.scope_missing',
    }));
  return [...refused, ...unreached, ...scopeCases(access.customer, ask)];
}

/** The route's scope alone reaches it, and all others together do not. */
function scopeCases(
  scope: CustomerScope | undefined,
  { path, ...ask }: { method: string; path: string; body?: string },
): BadInput[] {
  if (!scope) return [];
  const refused = `${path}${path.includes('?') ? '&' : '?'}notAField=1`;
  return [
    {
      ...ask,
      title: `token with all scopes but ${scope}`,
      path,
      token: `all but ${scope}`,
      statuses: [403],
      code: 'auth.scope_missing',
    },
    {
      ...ask,
      title: `token with ${scope} alone`,
      path: refused,
      token: `only ${scope}`,
      statuses: [400],
      code: 'request.invalid',
    },
  ];
}

/** API-8: a call that heeds no version says so; the tag of one that does is read before anything happens. */
export function versionCases(route: Route, ask: { method: string; path: string }): BadInput[] {
  if (!changes(route)) return [];
  const tags = supportsIfMatch(route) ? ['3', '"3', '"a" "b"', '"3", *', ','] : ['"1"', '*', '3'];
  return tags.map((tag) => ({
    ...ask,
    title: `If-Match ${tag}`,
    headers: { 'if-match': tag },
    statuses: [400],
    code: 'request.invalid',
    pointer: '/if-match',
  }));
}

const badIds: readonly (readonly [string, string])[] = [
  ['very long', 'x'.repeat(3_000)],
  ['U+0000', 'a%00b'],
  ['line feed', 'a%0Ab'],
  ['not decodable', '%E0%A4%A'],
  ['SQL', `'%20or%20'1'='1`],
  ['another folder', '..%2F..%2Fetc'],
  ['text of another alphabet', '%E8%AE%A2%E5%8D%95'],
];

/**
 * Each id with the best body there is, so that it reaches as deep as it can; a PUT may create what it names,
 * so it gets none.
 */
export function idCases(route: Route, { method }: { method: string }): BadInput[] {
  if (!route.path.includes('{')) return [];
  const sample = takesBody(route) && route.method !== 'put' ? route.body && sampleOf(route.body) : undefined;
  const body = takesBody(route)
    ? { body: route.method === 'put' ? unknownField : JSON.stringify(sample ?? {}), headers: json }
    : {};
  return badIds.map(([flaw, id]) => ({
    ...body,
    title: `id: ${flaw}`,
    method,
    path: pathWith(route, id) + queryOf(route),
    headers: {
      ...body.headers,
      ...(route.idempotencyKey === 'required' && { 'idempotency-key': randomBytes(9).toString('hex') }),
    },
    statuses: [400, 403, 404, 409, 422],
  }));
}

export function queryCases(route: Route, { method }: { method: string }): BadInput[] {
  const bare = pathOf(route);
  const shape = fieldsOf(route.query);
  const ask = { method, ...(takesBody(route) && { body: unknownField, headers: json }) };
  const invalid = { statuses: [400], code: 'request.invalid' };
  const limits = [
    '0',
    '201',
    '-1',
    '1.5',
    'many',
    '',
    '1e1',
    '0x10',
    '%2B5',
    '%205',
    '5.0',
    '5n',
    '%D9%A5',
  ].map((limit) => ({
    ...ask,
    ...invalid,
    title: `limit ${limit}`,
    path: bare + queryOf(route, { limit }),
    pointer: '/limit',
  }));
  const cursors = ['x', 'bm9wZQ', 'W10', `'; drop table orders`].map((cursor) => ({
    ...ask,
    title: `cursor ${cursor}`,
    path: bare + queryOf(route, { cursor }),
    statuses: [422],
    code: 'request.bad_cursor',
  }));
  const forged = 'cursor' in shape ? forgedCursorCases((cursor) => queryOf(route, { cursor })) : [];
  const odd = Object.keys(shape)
    .filter((name) => !(name in pageQuery))
    .flatMap((name) => queryValueCases(name, shape[name]!, (value) => queryOf(route, { [name]: value })));
  /** A query that is let through meets the file that is missing. */
  const withoutFile = (one: BadInput): BadInput =>
    route.upload && !one.code ? { ...one, statuses: [...one.statuses, 415] } : one;
  return [
    {
      ...ask,
      ...invalid,
      title: 'unknown query parameter',
      path: bare + queryOf(route, { notAField: '1' }),
      pointer: '/notAField',
    },
    ...('limit' in shape ? limits : []),
    ...('cursor' in shape ? cursors : []),
    ...[...odd, ...forged]
      .map(({ search, ...one }) => ({ ...ask, ...one, path: bare + search }))
      .map(withoutFile),
  ];
}
