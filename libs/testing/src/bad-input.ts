import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { pageQuery, supportsIfMatch, type Route } from '@accord/http';
import type { Service } from '@accord/platform';
import type { Reply } from './client.ts';
import { startIssuer } from './issuer.ts';
import { forgedCursorCases, queryValueCases } from './query-values.ts';
import { rowsOf } from './rows.ts';
import { sampleOf, spoiledBodies, wrongFor } from './sample.ts';
import type { TestService } from './test-service.ts';

/** One thing a caller does wrong, and what must come of it. */
export interface BadInput {
  /** `POST /v1/orders: unknown field` */
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a token that reaches the route. */
  readonly token?: TokenKind;
  /** One of these statuses. */
  readonly statuses: readonly number[];
  readonly code?: string;
  /** JSON pointer that one of the errors must name. */
  readonly pointer?: string;
}

const everyScope =
  'orders:read orders:write contracts:read contracts:write refunds:read refunds:write notifications:read notifications:write';
const past = () => Math.floor(Date.now() / 1_000) - 60;

/** Every kind of token that may knock (API-4). */
const tokens = {
  none: () => Promise.resolve(undefined),
  garbage: () => Promise.resolve('not.a.token'),
  unsigned: ({ issuer: { issuer } }: TestService) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer, aud: 'accord', sub: 'op_1', scope: 'operator', exp: past() + 3_600 };
    return Promise.resolve(`${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`);
  },
  otherIssuer: ({ issuer }: TestService) =>
    issuer.token({ iss: 'https://elsewhere.example', scope: 'operator' }),
  otherAudience: ({ issuer }: TestService) => issuer.token({ aud: 'somebody-else', scope: 'operator' }),
  otherKey: async ({ issuer }: TestService) => {
    const stranger = await startIssuer();
    const token = await stranger.token({ iss: issuer.issuer, scope: 'operator' });
    await stranger.close();
    return token;
  },
  expired: ({ issuer }: TestService) => issuer.token({ exp: past(), scope: 'operator' }),
  badAccount: ({ issuer }: TestService) => issuer.token({ account_id: `x' or 1=1`, scope: everyScope }),
  severalKinds: ({ issuer }: TestService) =>
    issuer.token({ account_id: 'acc_bad', scope: `operator ${everyScope}` }),
  noKind: ({ issuer }: TestService) => issuer.token({ scope: everyScope }),
  customerWithoutScope: ({ issuer }: TestService) =>
    issuer.token({ account_id: 'acc_bad', scope: 'nothing:read' }),
  customer: ({ issuer }: TestService) => issuer.token({ account_id: 'acc_bad', scope: everyScope }),
  operator: ({ issuer }: TestService) => issuer.token({ sub: 'op_bad', scope: 'operator' }),
  platform: ({ issuer }: TestService) => issuer.token({ sub: 'platform_bad', scope: 'platform' }),
} satisfies Record<string, (t: TestService) => Promise<string | undefined>>;

export type TokenKind = keyof typeof tokens;

const refusedTokens: readonly (readonly [TokenKind, number, string])[] = [
  ['none', 401, 'auth.token_missing'],
  ['garbage', 401, 'auth.token_invalid'],
  ['unsigned', 401, 'auth.token_invalid'],
  ['otherIssuer', 401, 'auth.token_invalid'],
  ['otherAudience', 401, 'auth.token_invalid'],
  ['otherKey', 401, 'auth.token_invalid'],
  ['expired', 401, 'auth.token_invalid'],
  ['badAccount', 401, 'auth.token_invalid'],
  ['severalKinds', 403, 'auth.token_ambiguous'],
  ['noKind', 403, 'auth.account_missing'],
  ['customerWithoutScope', 403, 'auth.scope_missing'],
];

const changes = (route: Route) => route.method !== 'get';
const takesBody = (route: Route) =>
  changes(route) && !route.upload && (route.method !== 'delete' || route.body !== undefined);
const unknownField = JSON.stringify({ notAField: 1 });
const json = { 'content-type': 'application/json' };

const pathWith = (route: Route, value: string) => route.path.replaceAll(/\{\w+\}/g, value);

/** Of nothing there is, yet of the right form. */
const pathOf = (route: Route) => {
  const sample = (route.params && (sampleOf(route.params) as Record<string, unknown> | undefined)) ?? {};
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(sample[name] ?? 'none_1'));
};
const shapeOf = (schema: unknown): Record<string, z.ZodType> =>
  schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};

const queryOf = (route: Route, changed: Record<string, string> = {}) => {
  const sample = route.query ? ((sampleOf(route.query) ?? {}) as Record<string, unknown>) : {};
  const pairs = Object.entries({ ...sample, ...changed }).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return pairs.length > 0 ? `?${new URLSearchParams(pairs).toString()}` : '';
};

/**
 * API-4: each kind of token against what the route's access says. One that reaches it brings a body that is
 * refused, so nothing happens.
 */
function tokenCases(
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
  return [...refused, ...unreached];
}

function bodyCases(route: Route, ask: { method: string; path: string }): BadInput[] {
  if (!takesBody(route)) return [];
  const strict: BadInput[] = [
    {
      ...ask,
      title: 'unknown field',
      body: unknownField,
      headers: json,
      statuses: [400],
      code: 'request.invalid',
      pointer: '/notAField',
    },
    { ...ask, title: 'bad JSON', body: '{"a":', headers: json, statuses: [400], code: 'request.bad_json' },
    {
      ...ask,
      title: 'not UTF-8',
      body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
      headers: json,
      statuses: [400],
      code: 'request.bad_json',
    },
    {
      ...ask,
      title: 'body over 1 MiB',
      body: JSON.stringify('x'.repeat(1_048_575)),
      headers: json,
      statuses: [413],
      code: 'request.too_large',
    },
    {
      ...ask,
      title: 'content type',
      body: '{}',
      headers: { 'content-type': 'text/plain' },
      statuses: [415],
      code: 'request.content_type',
    },
    {
      ...ask,
      title: 'deeply nested',
      body: '['.repeat(50_000) + ']'.repeat(50_000),
      headers: json,
      statuses: [400],
      code: 'request.invalid',
    },
    ...['null', '[]', '"text"', '17', 'true'].map((body) => ({
      ...ask,
      title: `body ${body}`,
      body,
      headers: json,
      statuses: [400],
      code: 'request.invalid',
    })),
  ];
  if (!route.body) return strict;
  const absent = route.body.safeParse(undefined).success
    ? []
    : [{ ...ask, title: 'no body', statuses: [400], code: 'request.invalid' }];
  const fields = Object.entries(shapeOf(route.body)).flatMap(([field, schema]) =>
    wrongFor(schema).map((value) => ({
      ...ask,
      title: `${field} is ${JSON.stringify(value).slice(0, 40)}`,
      body: JSON.stringify({ [field]: value }),
      headers: json,
      statuses: [400],
      code: 'request.invalid',
      pointer: `/${field}`,
    })),
  );
  const deep = spoiledBodies(route.body).map(({ body, pointer }) => ({
    ...ask,
    title: `spoiled at ${pointer}: ${JSON.stringify(body).slice(0, 120)}`,
    body: JSON.stringify(body),
    headers: json,
    statuses: [400],
    code: 'request.invalid',
    pointer,
  }));
  return [...strict, ...absent, ...fields, ...deep];
}

/** API-8: a call that heeds no version says so; the tag of one that does is read before anything happens. */
function versionCases(route: Route, ask: { method: string; path: string }): BadInput[] {
  if (!changes(route)) return [];
  const tags = supportsIfMatch(route) ? ['3', '"3', '"a" "b"'] : ['"1"', '*', '3'];
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
function idCases(route: Route, { method }: { method: string }): BadInput[] {
  if (!route.path.includes('{')) return [];
  const sample = takesBody(route) && route.method !== 'put' ? route.body && sampleOf(route.body) : undefined;
  const body = takesBody(route)
    ? { body: route.method === 'put' ? unknownField : JSON.stringify(sample ?? {}), headers: json }
    : {};
  return badIds.map(([what, id]) => ({
    ...body,
    title: `id: ${what}`,
    method,
    path: pathWith(route, id) + queryOf(route),
    headers: {
      ...body.headers,
      ...(route.idempotencyKey === 'required' && { 'idempotency-key': randomBytes(9).toString('hex') }),
    },
    statuses: [400, 403, 404, 409, 422],
  }));
}

function queryCases(route: Route, { method }: { method: string }): BadInput[] {
  const bare = pathOf(route);
  const shape = shapeOf(route.query);
  const ask = { method, ...(takesBody(route) && { body: unknownField, headers: json }) };
  const invalid = { statuses: [400], code: 'request.invalid' };
  const limits = ['0', '201', '-1', '1.5', 'many', ''].map((limit) => ({
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
    ...[...odd, ...forged].map(({ search, ...one }) => ({ ...ask, ...one, path: bare + search })),
  ];
}

const otherCases: readonly BadInput[] = [
  {
    title: 'unknown path',
    method: 'GET',
    path: '/v1/no_such_thing',
    statuses: [404],
    code: 'request.unknown_route',
  },
  { title: 'path outside', method: 'GET', path: '/v1/%2e%2e/%2e%2e/etc/passwd', statuses: [400, 404] },
];

/** Everything wrong that can be done to each route of a service (API-1 to API-4, API-7, API-11). */
export function badInputCases(service: Pick<Service, 'routes'>): BadInput[] {
  const ofRoutes = service.routes.flatMap((route) => {
    const method = route.method.toUpperCase();
    const path = pathOf(route) + queryOf(route);
    const withBody = { method, path, ...(takesBody(route) && { body: unknownField, headers: json }) };
    const reaching =
      route.access === 'anyone'
        ? 'none'
        : route.access.customer
          ? 'customer'
          : route.access.operator
            ? 'operator'
            : 'platform';
    const wide = route.access !== 'anyone' && route.access.operator ? 'operator' : reaching;
    const as = (token: TokenKind, ones: BadInput[]) => ones.map((one) => ({ ...one, token }));
    const cases = [
      ...tokenCases(route, withBody),
      ...as(reaching, [
        ...bodyCases(route, { method, path }),
        ...versionCases(route, { method, path }),
        ...idCases(route, { method }),
        ...queryCases(route, { method }),
      ]),
      // An operator's account is any that the query names, so it gets further than a customer's.
      ...(wide === reaching
        ? []
        : as(
            wide,
            queryCases(route, { method }).filter(({ title }) => title.startsWith('accountId')),
          )),
    ];
    return cases.map((one) => ({ ...one, title: `${method} ${route.path}: ${one.title}` }));
  });
  return [...ofRoutes, ...otherCases];
}

/** What is wrong with an answer to bad input; undefined where it is as it must be. */
function flawOf(expected: BadInput, { status, headers, body }: Reply): string | undefined {
  const got = `${status} ${String(body?.code)}`;
  if (!expected.statuses.includes(status) || (expected.code && body?.code !== expected.code)) {
    return `expected ${expected.statuses.join(' or ')} ${expected.code ?? ''}, got ${got}`;
  }
  if (status < 300) return undefined;
  if (headers.get('content-type') !== 'application/problem+json') return `${got} is no problem+json`;
  if (!/^[A-Za-z_]+\.[A-Za-z_]+$/.test(body.code) || !body.title || !body.detail || body.status !== status)
    return `${got} is an incomplete problem`;
  if (body.instance !== headers.get('x-request-id')) return `${got} names another request`;
  const pointers = ((body.errors ?? []) as { pointer: string }[]).map(({ pointer }) => pointer);
  const named =
    expected.pointer === undefined ||
    pointers.some((pointer) => pointer === expected.pointer || pointer.startsWith(`${expected.pointer}/`));
  return named ? undefined : `${got} names ${pointers.join(', ')}, not ${expected.pointer}`;
}

/**
 * Sends every case to a running service. @returns what was not as it must be, one line each; with a last one
 * where rows changed.
 *
 * ```ts test('API-1 API-2 API-4 bad input is refused on every route and nothing is stored', async () => {
 * expect(await flawsUnderBadInput(t)).toEqual([]); }, 120_000); ```
 */
export async function flawsUnderBadInput(
  t: TestService,
  countRows: () => Promise<string> = () => rowsOf(t),
): Promise<string[]> {
  const made = new Map<TokenKind, Promise<string | undefined>>();
  const tokenOf = (kind: TokenKind) => {
    const token = made.get(kind) ?? tokens[kind](t);
    made.set(kind, token);
    return token;
  };
  const client = t.anonymous();
  const flaws: string[] = [];
  const before = await countRows();
  const open = badInputCases(t.running.service).values();
  const lane = async () => {
    for (const one of open) {
      const token = await tokenOf(one.token ?? 'none');
      const headers = { ...one.headers, ...(token && { authorization: `Bearer ${token}` }) };
      const flaw = flawOf(one, await client.send(one.method, one.path, one.body, headers));
      if (flaw) flaws.push(`${one.title}: ${flaw}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  if ((await countRows()) !== before) flaws.push('rows were stored or changed');
  return flaws;
}
