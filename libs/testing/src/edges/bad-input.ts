import type { Service } from '@accord/platform';
import type { Reply } from '../client.ts';
import { rowsOf } from '../rows.ts';
import type { TestService } from '../test-service.ts';
import { bodyCases } from './body-cases.ts';
import { json, pathOf, queryOf, takesBody, unknownField, type BadInput } from './case.ts';
import { idCases, queryCases, tokenCases, versionCases } from './request-cases.ts';
import { tokens, type TokenKind } from './tokens.ts';

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

/** Every mistake that a caller can make at each route of a service (API-1 to API-4, API-7, API-11). */
function badInputCases(service: Pick<Service, 'routes'>): BadInput[] {
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

/** The flaw of an answer to bad input; undefined where there is none. */
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
 * Sends every case to a running service. @returns a line for each wrong answer, and a last one where rows
 * changed.
 *
 * ```ts
 * test('API-1 API-2 API-4 bad input is refused on every route and nothing is stored', async () => {
 *   expect(await flawsUnderBadInput(t)).toEqual([]);
 * }, 120_000);
 * ```
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
