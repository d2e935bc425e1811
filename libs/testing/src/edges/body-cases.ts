import { gzipSync } from 'node:zlib';
import type { Route } from '@accord/http';
import { fieldsOf, json, takesBody, unknownField, type BadInput } from './case.ts';
import { spoiledBodies, wrongFor } from './sample.ts';

type BodyCase = Omit<BadInput, 'method' | 'path'>;
const invalid = { statuses: [400], code: 'request.invalid' } as const;

/** Of every route that takes a body. */
const ofAnyRoute: readonly BodyCase[] = [
  {
    title: 'unknown field',
    body: unknownField,
    headers: json,
    ...invalid,
    pointer: '/notAField',
  },
  { title: 'bad JSON', body: '{"a":', headers: json, statuses: [400], code: 'request.bad_json' },
  {
    title: 'not UTF-8',
    body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    headers: json,
    statuses: [400],
    code: 'request.bad_json',
  },
  {
    title: 'body over 1 MiB',
    body: JSON.stringify('x'.repeat(1_048_575)),
    headers: json,
    statuses: [413],
    code: 'request.too_large',
  },
  {
    title: 'content type',
    body: '{}',
    headers: { 'content-type': 'text/plain' },
    statuses: [415],
    code: 'request.content_type',
  },
  {
    title: 'another charset',
    body: '{}',
    headers: { 'content-type': 'application/json; charset=utf-16' },
    statuses: [415],
    code: 'request.content_type',
  },
  {
    title: 'compressed',
    body: gzipSync('{}'),
    headers: { ...json, 'content-encoding': 'gzip' },
    statuses: [415],
    code: 'request.content_type',
  },
  {
    title: 'a name twice',
    body: '{"a":1,"a":2}',
    headers: json,
    ...invalid,
  },
  {
    title: 'a list without end',
    body: `[${'0,'.repeat(20_000)}0]`,
    headers: json,
    ...invalid,
  },
  {
    title: 'deeply nested',
    body: '['.repeat(50_000) + ']'.repeat(50_000),
    headers: json,
    ...invalid,
  },
  ...['null', '[]', '"text"', '17', 'true'].map((body) => ({
    title: `body ${body}`,
    body,
    headers: json,
    ...invalid,
  })),
];

/** Against the fields of the route's schema. */
function ofSchema(schema: NonNullable<Route['body']>): BodyCase[] {
  const absent = schema.safeParse(undefined).success ? [] : [{ title: 'no body', ...invalid }];
  const fields = Object.entries(fieldsOf(schema)).flatMap(([field, of]) =>
    wrongFor(of).map((value) => ({
      title: `${field} is ${JSON.stringify(value).slice(0, 40)}`,
      body: JSON.stringify({ [field]: value }),
      headers: json,
      ...invalid,
      pointer: `/${field}`,
    })),
  );
  const deep = spoiledBodies(schema).map(({ body, pointer }) => ({
    title: `spoiled at ${pointer}: ${JSON.stringify(body).slice(0, 120)}`,
    body: JSON.stringify(body),
    headers: json,
    ...invalid,
    pointer,
  }));
  return [...absent, ...fields, ...deep];
}

/** API-1, API-2: bodies that are no JSON, too large or of another shape than the route's schema. */
export function bodyCases(route: Route, ask: { method: string; path: string }): BadInput[] {
  if (!takesBody(route)) return [];
  const cases = [...ofAnyRoute, ...(route.body ? ofSchema(route.body) : [])];
  return cases.map((one) => ({ ...ask, ...one }));
}
