import { gzipSync } from 'node:zlib';
import type { Route } from '@accord/http';
import { fieldsOf, json, takesBody, unknownField, type BadInput } from './case.ts';
import { spoiledBodies, wrongFor } from './sample.ts';

/** API-1, API-2: bodies that are no JSON, too large or of another shape than the route's schema. */
export function bodyCases(route: Route, ask: { method: string; path: string }): BadInput[] {
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
      title: 'another charset',
      body: '{}',
      headers: { 'content-type': 'application/json; charset=utf-16' },
      statuses: [415],
      code: 'request.content_type',
    },
    {
      ...ask,
      title: 'compressed',
      body: gzipSync('{}'),
      headers: { ...json, 'content-encoding': 'gzip' },
      statuses: [415],
      code: 'request.content_type',
    },
    {
      ...ask,
      title: 'a name twice',
      body: '{"a":1,"a":2}',
      headers: json,
      statuses: [400],
      code: 'request.invalid',
    },
    {
      ...ask,
      title: 'a list without end',
      body: `[${'0,'.repeat(20_000)}0]`,
      headers: json,
      statuses: [400],
      code: 'request.invalid',
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
  const fields = Object.entries(fieldsOf(route.body)).flatMap(([field, schema]) =>
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
