import type { oas31 } from 'zod-openapi';
import { keyForm, longestKey } from '../idempotency.ts';
import { idempotencyKeyOf, supportsIfMatch, type Route } from '../route.ts';

const text = { type: 'string' } as const;

const parameter = (
  name: string,
  description: string,
  more: { schema?: oas31.SchemaObject; required?: true; example?: string } = {},
): oas31.ParameterObject => ({ in: 'header', name, description, schema: text, ...more });

const key = {
  schema: { type: 'string', minLength: 1, maxLength: longestKey, pattern: keyForm.source },
  example: 'pay-ord_0199a2013ab97155850ff2f85a2d7bf3',
} as const;
const keySays = `New for each intent, the same for each repeat; up to ${longestKey} characters of ASCII, kept 24 h.`;

const tag = '(W/)?"[!#-~]*"';

/** Headers of requests, each described once. */
export const parameters = {
  RequestId: parameter('X-Request-Id', 'Comes back in the answer; made here where absent.'),
  AcceptLanguage: parameter('Accept-Language', 'Language of the words in the answer: zh-CN or en.', {
    example: 'zh-CN',
  }),
  IdempotencyKey: parameter('Idempotency-Key', keySays, key),
  RequiredIdempotencyKey: parameter('Idempotency-Key', keySays, { ...key, required: true }),
  IfMatch: parameter(
    'If-Match',
    'The ETag that the decision was taken on, or several; another present version is answered with 412.',
    { schema: { type: 'string', pattern: `^(\\*|${tag}( *, *${tag})*)$` }, example: '"3"' },
  ),
  WebhookId: parameter('webhook-id', 'Standard Webhooks 1.0: the id of the message.', { required: true }),
  WebhookTimestamp: parameter('webhook-timestamp', 'Seconds since 1970, when it was signed.', {
    required: true,
    schema: { type: 'string', pattern: '^[0-9]{1,12}$' },
    example: '1768032000',
  }),
  WebhookSignature: parameter(
    'webhook-signature',
    '`v1,` and the HMAC-SHA256 of `id.timestamp.body`, in base64.',
    {
      required: true,
      example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
    },
  ),
  Prefer: parameter('Prefer', '`wait=5`: seconds to wait for the outcome, at most 30.', {
    example: 'wait=5',
  }),
};

const header = (description: string, more: Partial<oas31.HeaderObject> = {}): oas31.HeaderObject => ({
  description,
  schema: text,
  ...more,
});

/** Headers of answers, each described once. */
export const headers = {
  RequestId: header('The id of the request: the one that came, or the one that was made.', {
    required: true,
  }),
  RateLimit: header('`"token";r=99;t=30`: what is left, and the seconds until it is whole again.'),
  RateLimitPolicy: header('`"token";q=6000;w=60`: the quota, and the seconds it is for.'),
  RetryAfter: header('Seconds to wait before the request is sent again.', {
    schema: { type: 'integer', format: 'int32', minimum: 1 },
  }),
  ContentLanguage: header('The language of `title` and `detail`.', {
    required: true,
    schema: { type: 'string', enum: ['en', 'zh-CN'] },
  }),
  WwwAuthenticate: header('What the token lacks (RFC 6750).'),
  ETag: header('The version, to be sent as If-Match with a change.', {
    required: true,
    schema: { type: 'string', pattern: '^"[0-9]+"$' },
  }),
  Location: header('The path of what was made, or of what to ask for the outcome.', {
    schema: { type: 'string', format: 'uri-reference' },
  }),
  IdempotencyReplayed: header('`true` where the answer is the stored one of an earlier request.', {
    schema: { type: 'string', enum: ['true'] },
  }),
  PreferenceApplied: header('The seconds that were waited for at most: `wait=5`.'),
  ContentDisposition: header('The name of the file (RFC 6266).', { required: true }),
  AcceptRanges: header('`none`: a file is sent whole, also where `Range` asks for a part of it.', {
    required: true,
    schema: { type: 'string', enum: ['none'] },
  }),
  ReprDigest: header('The SHA-256 of the file (RFC 9530).'),
};

const parameterRef = (id: keyof typeof parameters): oas31.ReferenceObject => ({
  $ref: `#/components/parameters/${id}`,
});
const headerRef = (id: keyof typeof headers): oas31.ReferenceObject => ({
  $ref: `#/components/headers/${id}`,
});

/** The headers that a route reads. */
export function parametersOf(route: Route): oas31.ReferenceObject[] {
  const wanted = idempotencyKeyOf(route);
  return [
    parameterRef('RequestId'),
    parameterRef('AcceptLanguage'),
    ...(wanted === 'required' ? [parameterRef('RequiredIdempotencyKey')] : []),
    ...(wanted === 'optional' && route.access !== 'anyone' ? [parameterRef('IdempotencyKey')] : []),
    ...(supportsIfMatch(route) ? [parameterRef('IfMatch')] : []),
    ...(route.signed
      ? [parameterRef('WebhookId'), parameterRef('WebhookTimestamp'), parameterRef('WebhookSignature')]
      : []),
    ...(route.outcome ? [parameterRef('Prefer')] : []),
  ];
}

type Described = Record<string, oas31.ReferenceObject>;

const ofEveryAnswer = (): Described => ({
  'X-Request-Id': headerRef('RequestId'),
  RateLimit: headerRef('RateLimit'),
  'RateLimit-Policy': headerRef('RateLimitPolicy'),
});

/** Whether the route's answers are versions of one thing, so that they have an ETag (API-8). */
export const answersVersion = ({ answer }: Route): boolean =>
  (answer as { shape?: object } | undefined)?.shape !== undefined &&
  'version' in (answer as { shape: object }).shape;

/** The headers of what was asked for. */
export const headersOfSuccess = (route: Route): Described => ({
  ...ofEveryAnswer(),
  ...(answersVersion(route) && { ETag: headerRef('ETag') }),
  ...(route.method === 'post' && { Location: headerRef('Location') }),
  ...(idempotencyKeyOf(route) !== 'none' && { 'Idempotency-Replayed': headerRef('IdempotencyReplayed') }),
  ...(route.outcome && { 'Preference-Applied': headerRef('PreferenceApplied') }),
  ...(route.produces && {
    'Content-Disposition': headerRef('ContentDisposition'),
    'Accept-Ranges': headerRef('AcceptRanges'),
    'Repr-Digest': headerRef('ReprDigest'),
  }),
});

/** The headers of a problem. */
export const headersOfProblem = (status: number): Described => ({
  ...ofEveryAnswer(),
  'Content-Language': headerRef('ContentLanguage'),
  ...([401, 403].includes(status) && { 'WWW-Authenticate': headerRef('WwwAuthenticate') }),
  ...([409, 429, 503].includes(status) && { 'Retry-After': headerRef('RetryAfter') }),
});
