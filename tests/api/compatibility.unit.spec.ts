import { breakingChanges, type Document } from './compatibility.ts';

// docs/api.md, "What counts as compatible": each line of it, on a document as small as can be.

interface Thing {
  readonly request: Record<string, unknown>;
  readonly answer: Record<string, unknown>;
  readonly parameters: readonly Record<string, unknown>[];
  readonly more: Record<string, unknown>;
  readonly status: string;
  readonly headers: Record<string, unknown>;
}

const text = { type: 'string', maxLength: 10 };
const object = (properties: Record<string, unknown>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
});
const usual: Thing = {
  request: {
    ...object({ name: text, size: { type: 'integer', minimum: 1 } }, ['name']),
    additionalProperties: false,
  },
  answer: object({ name: text, status: { type: 'string', enum: ['a', 'b'] }, code: { enum: ['x.y'] } }, [
    'name',
  ]),
  parameters: [{ in: 'query', name: 'limit', schema: { type: 'integer', maximum: 200 } }],
  more: {},
  status: '200',
  headers: { ETag: {} },
};
const documentOf = (thing: Partial<Thing>): Document => {
  const { request, answer, parameters, more, status, headers } = { ...usual, ...thing };
  const json = (name: string) => ({
    'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
  });
  const operation = {
    operationId: 'makeThing',
    security: [],
    parameters,
    requestBody: { required: true, content: json('ThingInput') },
    responses: { [status]: { headers, content: json('Thing') } },
    ...more,
  };
  return {
    paths: { '/v1/things': { post: operation } },
    components: { schemas: { ThingInput: request, Thing: answer } },
  } as unknown as Document;
};
const before = documentOf({});
const withProperties = (
  schema: Record<string, unknown>,
  more: Record<string, unknown>,
  required?: string[],
) => ({
  ...schema,
  properties: { ...(schema['properties'] as object), ...more },
  ...(required && { required }),
});

test.each<[string, Partial<Thing>]>([
  [
    'a new optional parameter',
    { parameters: [...usual.parameters, { in: 'query', name: 'kind', schema: text }] },
  ],
  ['a new optional field of a request', { request: withProperties(usual.request, { kind: text }) }],
  ['a wider bound', { request: withProperties(usual.request, { name: { type: 'string', maxLength: 20 } }) }],
  [
    'a value more in a request',
    { request: withProperties(usual.request, { size: { type: ['integer', 'null'] } }) },
  ],
  ['any field more', { request: { ...usual.request, additionalProperties: text } }],
  ['a field that need not come any more', { request: withProperties(usual.request, {}, []) }],
  ['a new field of an answer', { answer: withProperties(usual.answer, { kind: text }, ['name', 'kind']) }],
  ['a new code', { answer: withProperties(usual.answer, { code: { enum: ['x.y', 'x.z'] } }) }],
  ['a new header', { headers: { ETag: {}, Location: {} } }],
])('API-3 %s breaks no client', (_, thing) => expect(breakingChanges(before, documentOf(thing))).toEqual([]));

test.each<[string, Partial<Thing>, string]>([
  ['another name of an operation', { more: { operationId: 'createThing' } }, 'is called otherwise'],
  ['a token', { more: { security: [{ bearer: [] }] } }, 'needs a token'],
  ['a parameter that is gone', { parameters: [] }, 'limit was removed'],
  [
    'a new required parameter',
    { parameters: [...usual.parameters, { in: 'query', name: 'kind', required: true, schema: text }] },
    'kind is new and required',
  ],
  ['a field of a request that is gone', { request: object({ name: text }, ['name']) }, '/size was removed'],
  [
    'a required field more',
    { request: withProperties(usual.request, {}, ['name', 'size']) },
    '/size became required',
  ],
  [
    'a tighter bound',
    { request: withProperties(usual.request, { name: { type: 'string', maxLength: 5 } }) },
    'maxLength was 10 and is 5',
  ],
  [
    'a pattern',
    { request: withProperties(usual.request, { name: { ...text, pattern: '^a' } }) },
    'pattern was absent',
  ],
  [
    'a value less in a request',
    { request: withProperties(usual.request, { name: { ...text, enum: ['a'] } }) },
    '"any" is no longer taken',
  ],
  ['a field of an answer that is gone', { answer: object({ name: text }, ['name']) }, '/status was removed'],
  ['a field that may be missing', { answer: withProperties(usual.answer, {}, []) }, '/name became optional'],
  [
    'a field that may be null',
    { answer: withProperties(usual.answer, { name: { anyOf: [text, { type: 'null' }] } }) },
    '/name',
  ],
  [
    'a new value in an answer',
    { answer: withProperties(usual.answer, { status: { type: 'string', enum: ['a', 'b', 'c'] } }) },
    '"c" is new in the answer',
  ],
  [
    'another type',
    { answer: withProperties(usual.answer, { name: { type: 'integer' } }) },
    '"integer" is new',
  ],
  ['a header that is gone', { headers: {} }, 'header ETag was removed'],
  ['another success', { status: '202' }, '202 is a new success'],
])('API-3 %s breaks clients', (_, thing, said) =>
  expect(breakingChanges(before, documentOf(thing)).join('\n')).toContain(said),
);

test('API-3 a route, or a named schema, that is gone breaks clients', () => {
  const { paths, components } = before as unknown as { paths: object; components: { schemas: object } };
  expect(breakingChanges(before, { paths: {}, components } as unknown as Document)).toEqual([
    'POST /v1/things was removed',
  ]);
  const renamed = { paths, components: { schemas: { ...components.schemas, Thing: undefined } } };
  expect(breakingChanges(before, JSON.parse(JSON.stringify(renamed)) as Document)).toContain(
    'the schema Thing was removed',
  );
});
