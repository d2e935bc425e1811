import { z } from 'zod';
import type { ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemTexts } from '../problem-texts.ts';
import { statusOfKind } from '../problem.ts';
import { idempotencyKeyOf, type Api, type Route } from '../route.ts';
import { headersOfProblem } from './described-headers.ts';

const Fault = z
  .object({
    in: z.enum(['body', 'query', 'path', 'header']),
    pointer: z.string().meta({ description: 'JSON pointer' }),
    detail: z.string(),
  })
  .meta({ id: 'Fault', description: 'What is wrong at one place of a request.' });

export const Problem = z
  .object({
    type: z.string().meta({ description: '`urn:accord:problem:<code>`' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'The request id.' }),
    code: z.string().meta({ description: 'Stable; the operation lists what it may answer.' }),
    errors: z.array(Fault).optional(),
    facts: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'What the refusal is about, such as an order and its status.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457: each refusal of each operation.' });

const reasons: Readonly<Record<number, string>> = {
  400: 'The request does not fit its description',
  401: 'No valid token',
  403: 'The token does not reach this, or the domain forbids it',
  404: 'Not found, or of another account',
  409: 'The present state refuses it',
  412: 'The version has changed',
  413: 'The body is too large',
  415: 'The content type is not supported',
  422: 'The domain refuses it',
  429: 'Too many requests',
  431: 'The headers or the address are too large',
  500: 'Something went wrong here',
  503: 'Something it depends on is away, or too much is asked at once',
};

const changes = (route: Route) => route.method !== 'get';
const takesBody = (route: Route) => changes(route) && (route.method !== 'delete' || route.body !== undefined);

/** The codes of the edge that a route may answer, by status. */
function edgeCodes(route: Route): [number, string][] {
  const key = idempotencyKeyOf(route) !== 'none' && route.access !== 'anyone';
  const codes: [number, string, boolean][] = [
    [400, 'request.invalid', true],
    [400, 'request.bad_json', takesBody(route)],
    [400, 'idempotency.key_required', idempotencyKeyOf(route) === 'required'],
    [400, 'idempotency.key_invalid', key],
    [401, 'auth.token_missing', route.access !== 'anyone'],
    [401, 'auth.token_invalid', route.access !== 'anyone'],
    [403, 'auth.scope_missing', route.access !== 'anyone'],
    [403, 'auth.token_ambiguous', route.access !== 'anyone'],
    [403, 'auth.account_missing', route.access !== 'anyone'],
    [409, 'idempotency.in_progress', key],
    [413, 'request.too_large', takesBody(route)],
    [415, 'request.content_type', takesBody(route)],
    [400, 'request.bad_form', route.upload !== undefined],
    [415, 'request.file_expected', route.upload !== undefined],
    [422, 'request.invalid', true],
    [422, 'idempotency.key_reused', key],
    [422, 'request.bad_cursor', route.query instanceof z.ZodObject && 'cursor' in route.query.shape],
    [429, 'request.rate_limited', true],
    [431, 'request.headers_too_large', true],
    [500, 'server.error', true],
    [503, 'server.unavailable', true],
  ];
  return codes.filter(([, , applies]) => applies).map(([status, code]) => [status, code]);
}

/** By code, the statuses with which it may answer it instead of what was asked (API-2); each code has one as a rule. */
export function statusesOf(route: Route, texts: Api['problems']): ReadonlyMap<string, readonly number[]> {
  const statuses = new Map<string, readonly number[]>();
  for (const [status, code] of edgeCodes(route)) statuses.set(code, [...(statuses.get(code) ?? []), status]);
  for (const code of route.refusals ?? []) {
    const kinds = [(texts[code] ?? problemTexts[code])?.kind ?? []].flat();
    statuses.set(
      code,
      kinds.map((kind) => statusOfKind[kind]),
    );
  }
  return statuses;
}

/** `x-accord-codes` of an operation: `{ "order.not_found": 404 }`, a list where a code has several statuses. */
export const codesOf = (route: Route, texts: Api['problems']) =>
  Object.fromEntries(
    [...statusesOf(route, texts)].map(([code, statuses]) => [
      code,
      statuses.length === 1 ? statuses[0]! : [...statuses],
    ]),
  );

/** Every problem that a route answers, by status; `code` is an enum of the operation (API-2, API-3). */
export function problemsOf(route: Route, named: string, texts: Api['problems']): ZodOpenApiResponsesObject {
  const byCode = statusesOf(route, texts);
  const byStatus = new Map<number, string[]>();
  for (const [code, statuses] of byCode)
    for (const status of statuses) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  const code = z.enum([...byCode.keys()] as [string, ...string[]]).meta({
    description: 'Stable. A later release may answer codes that are not listed: go by the status then.',
  });
  const schema = z.object({ ...Problem.shape, code }).meta({ id: `${named}Problem` });
  const content = { 'application/problem+json': { schema } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: `${reasons[status]}: ${codes.map((one) => `\`${one}\``).join(', ')}`,
        headers: headersOfProblem(status),
        content,
      },
    ]),
  );
}
