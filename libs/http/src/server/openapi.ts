import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { neededFor } from '../auth.ts';
import { problemTexts } from '../problem-texts.ts';
import { idempotencyKeyOf, supportsIfMatch, type Api, type Route } from '../route.ts';
import { fileTypes, formType } from '../upload.ts';

export type OpenApi = ReturnType<typeof createDocument>;

const ProblemJson = z
  .object({
    type: z.string().meta({ description: '`urn:accord:problem:<code>`' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'The request id.' }),
    code: z.string().meta({ description: 'Stable; the operation lists what it may answer.' }),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          pointer: z.string().meta({ description: 'JSON pointer' }),
          detail: z.string(),
        }),
      )
      .optional(),
    facts: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'What the refusal is about, such as an order and its status.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const reasons: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted; the outcome follows',
  204: 'Done',
  400: 'The request does not fit its description',
  401: 'No valid token',
  403: 'The token does not reach this, or the domain forbids it',
  404: 'Not found, or of another account',
  405: 'The method is not allowed',
  409: 'The present state refuses it',
  412: 'The version has changed',
  413: 'The body is too large',
  415: 'The content type is not supported',
  422: 'The domain refuses it',
  429: 'Too many requests',
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
    [400, 'request.bad_form', route.upload === true],
    [415, 'request.file_expected', route.upload === true],
    [422, 'idempotency.key_reused', key],
    [422, 'request.bad_cursor', route.query instanceof z.ZodObject && 'cursor' in route.query.shape],
    [429, 'request.rate_limited', true],
    [500, 'server.error', true],
    [503, 'server.unavailable', true],
  ];
  return codes.filter(([, , applies]) => applies).map(([status, code]) => [status, code]);
}

/** All that it may answer instead of what was asked (API-2). */
export const codesOf = (route: Route): readonly string[] => [
  ...edgeCodes(route).map(([, code]) => code),
  ...(route.refusals ?? []),
];

/** A refusal's status is its kind's, which the code alone does not say: its statuses are listed together. */
const refusalStatuses = [403, 404, 409, 412, 422, 503];

function problems(route: Route): Record<string, object> {
  const byStatus = new Map<number, string[]>();
  for (const [status, code] of edgeCodes(route))
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  if (route.refusals?.length)
    for (const status of refusalStatuses) byStatus.set(status, byStatus.get(status) ?? []);
  const content = { 'application/problem+json': { schema: ProblemJson } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const ofEdge = codes.map((code) => `\`${code}\``).join(', ');
      const more = refusalStatuses.includes(status) && route.refusals?.length ? 'a refusal below' : '';
      return [
        status,
        {
          description: [`${reasons[status]}: ${[ofEdge, more].filter(Boolean).join(', ')}`].join(''),
          content,
        },
      ];
    }),
  );
}

function answers(route: Route): Record<string, object> {
  const content = route.answer
    ? { 'application/json': { schema: route.answer } }
    : route.produces
      ? { [route.produces]: { schema: { type: 'string', format: 'binary' } } }
      : undefined;
  return Object.fromEntries(
    (route.success ?? [200]).map((status) => [
      status,
      { description: reasons[status] ?? 'Done', ...(content && status !== 204 && { content }) },
    ]),
  );
}

const described = (text: string) => z.string().meta({ description: text });

function headers(route: Route) {
  const key = described('New for each intent, the same for each repeat; at most 255 characters, kept 24 h.');
  return z.object({
    'X-Request-Id': described('Comes back in the answer; made here where absent.').optional(),
    'Accept-Language': described('Language of `title` and `detail`: zh-CN or en.').optional(),
    ...(idempotencyKeyOf(route) === 'required' && { 'Idempotency-Key': key }),
    ...(idempotencyKeyOf(route) === 'optional' &&
      route.access !== 'anyone' && { 'Idempotency-Key': key.optional() }),
    ...(supportsIfMatch(route) && {
      'If-Match': described(
        'The ETag that the decision was taken on; another present version is answered with 412.',
      ).optional(),
    }),
    ...(route.outcome && {
      Prefer: described('`wait=5`: seconds to wait for the outcome, at most 30.').optional(),
    }),
  });
}

const pathOf = (route: Route) =>
  route.params ??
  z.object(Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, z.string()])));

function operation(route: Route, service: Pick<Api, 'problems'>): ZodOpenApiOperationObject {
  const refusals = (route.refusals ?? []).map(
    (code) => `- \`${code}\`: ${(service.problems[code] ?? problemTexts[code])?.en.title ?? ''}`,
  );
  const access =
    route.access === 'anyone'
      ? 'Needs no token.'
      : `Needs \`${neededFor(route.access).replaceAll(' | ', '` or `')}\`.`;
  const bytes = { type: 'string' as const, format: 'binary' };
  const upload = {
    required: true,
    content: {
      ...Object.fromEntries(fileTypes.map((type) => [type, { schema: bytes }])),
      [formType]: {
        schema: { type: 'object' as const, properties: { file: bytes }, required: ['file'] },
      },
    },
  };
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: [access, ...(refusals.length > 0 ? ['', 'Refusals:', ...refusals] : [])].join('\n'),
    security: route.access === 'anyone' ? [] : [{ bearer: [] }],
    requestParams: {
      ...(route.path.includes('{') && { path: pathOf(route) }),
      ...(route.query && { query: route.query }),
      header: headers(route),
    },
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: route.body } } },
    }),
    ...(route.upload && { requestBody: upload }),
    responses: { ...answers(route), ...problems(route) },
    'x-codes': codesOf(route),
  };
}

/** OpenAPI 3.1, from the schemas that validate (API-3). */
export function openApi(service: Api): OpenApi {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of service.routes)
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, service) };
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: `Accord ${service.name} service`,
        version: '1.0.0',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      paths,
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    { allowEmptySchema: { transform: true, custom: true } },
  );
}
