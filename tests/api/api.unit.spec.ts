import { readFileSync } from 'node:fs';
import type { ZodType } from 'zod';
import { withDeadLetterRoutes } from '../../libs/platform/src/dead-letter-routes.ts';
import { services } from '../docs/events-page.ts';
import { breakingChanges, type Document } from './compatibility.ts';
import { examplesFile, recordedFile, wholeDocument } from './document.ts';

// API-3: what makes good clients, held over the document of all services.

type Part = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Part[];
  readonly requestBody?: Part;
  readonly responses: Readonly<Record<string, { readonly headers: Part; readonly content?: Part }>>;
  readonly 'x-accord-codes': Readonly<Record<string, number | readonly number[]>>;
}

const document = JSON.parse(JSON.stringify(wholeDocument())) as {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  tags: readonly { name: string; description: string }[];
  components: { schemas: Readonly<Record<string, Part>> };
};
const { schemas } = document.components;
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

/** Every schema, part of a schema, parameter … below, with its place. */
function* parts(value: unknown, at = ''): Generator<[string, Part]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Part];
  for (const [name, inner] of Object.entries(value)) yield* parts(inner, `${at}/${name}`);
}
const places = (value: unknown, flawed: (part: Part) => boolean) =>
  [...parts(value)].filter(([, part]) => flawed(part)).map(([at]) => at);

/** The names of the schemas that are reached from here. */
function reached(value: unknown, found = new Set<string>()): Set<string> {
  for (const [, { $ref: ref }] of parts(value)) {
    const name = typeof ref === 'string' && ref.startsWith('#/components/schemas/') && ref.split('/')[3];
    if (!name || found.has(name)) continue;
    found.add(name);
    reached(schemas[name], found);
  }
  return found;
}
const schemasOf = (from: readonly unknown[]) =>
  Object.fromEntries([...reached(from)].map((name) => [name, schemas[name]!]));

test('API-3 the document of all services is the recorded one, and breaks no client of the last', () => {
  const recorded = JSON.parse(readFileSync(recordedFile, 'utf8')) as Document;
  expect(breakingChanges(recorded, document as unknown as Document)).toEqual([]);
  if (JSON.stringify(recorded) !== JSON.stringify(document))
    throw new Error('libs/http/openapi.json is stale; run `npm run api:record`');
});

test('API-3 every noun is a schema with a name, and nothing hides in another', () => {
  expect(Object.keys(schemas)).toEqual(
    expect.arrayContaining([
      ...['Order', 'Money', 'Refund', 'RefundQuote', 'Contract', 'Ticket', 'Product', 'Resource'],
      ...['Payment', 'Bill', 'Account', 'AccountBalance', 'Notification', 'TimelineEvent', 'Problem'],
    ]),
  );
  expect(Object.keys(schemas).filter((name) => /Output$|^_/.test(name))).toEqual([]);
  const within = (name: string) =>
    places(schemas[name], ({ type, properties }) => type === 'object' && properties !== undefined)
      .filter((at) => at !== '')
      .map((at) => name + at);
  expect(Object.keys(schemas).flatMap(within)).toEqual([]);
});

test('API-3 no value of an enum is called as an enum: in Go both are names of one package', () => {
  const called = (value: unknown) =>
    String(value).replaceAll(/(?:^|[^A-Za-z0-9]+)(.)/g, (_, one: string) => one.toUpperCase());
  const values = [...parts(document)].flatMap(([, part]) => (part['enum'] as unknown[] | undefined) ?? []);
  const enums = Object.keys(schemas).filter((name) => schemas[name]!['enum']);
  const taken = new Set(values.map(called));
  expect([enums.length > 20, enums.filter((name) => taken.has(name))]).toEqual([true, []]);
});

test('API-3 where a body may be a form, the form is first: Java’s generator names it nowhere else', () => {
  const bodies = operations.map(({ requestBody }) =>
    Object.keys((requestBody?.['content'] as Part | undefined) ?? {}),
  );
  const withForm = bodies.filter((types) => types.includes('multipart/form-data'));
  expect([...new Set(withForm.map(([first]) => first))]).toEqual(['multipart/form-data']);
});

test('API-3 requests are closed, answers are open', () => {
  // A browser's form may have fields beside the file.
  const { FileForm: _form, ...requests } = schemasOf(operations.map(({ requestBody }) => requestBody));
  const answers = schemasOf(operations.map(({ responses }) => responses));
  const isObject = ({ type, properties }: Part) => type === 'object' && properties !== undefined;
  expect(places(requests, (part) => isObject(part) && part['additionalProperties'] !== false)).toEqual([]);
  expect(places(answers, (part) => part['additionalProperties'] === false)).toEqual([]);
  expect(Object.keys(requests).length).toBeGreaterThan(20);
});

test('API-3 patterns are read by RE2, Java, Python and .NET as they are here', () => {
  const unread = ({ pattern }: Part) =>
    typeof pattern === 'string' && /\(\?(?!:)|\\[pPdDwWsSuUkbBZA1-9]/.test(pattern);
  expect(places(document, unread)).toEqual([]);
  const several = ({ allOf, pattern }: Part) =>
    allOf !== undefined || (pattern !== undefined && pattern === '');
  expect(places(document, several)).toEqual([]);
});

test('API-2 API-3 each operation is a verb with a tag that is described, and its codes are an enum', () => {
  const tags = document.tags.map(({ name }) => name);
  expect(operations.flatMap((one) => one.tags.filter((tag) => !tags.includes(tag)))).toEqual([]);
  expect(tags.length).toBe(new Set(tags).size);
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.length).toBe(new Set(ids).size);
  for (const { operationId, responses } of operations) {
    const name = `${operationId.replace(/^./, (first) => first.toUpperCase())}Problem`;
    const { code } = schemas[name]!['properties'] as { code: { enum: string[] } };
    expect(code.enum).toEqual(expect.arrayContaining(['request.invalid', 'server.error']));
    for (const [status, { content, headers }] of Object.entries(responses)) {
      expect(Object.keys(headers)).toEqual(expect.arrayContaining(['X-Request-Id', 'RateLimit']));
      if (Number(status) >= 400)
        expect(content).toEqual({
          'application/problem+json': { schema: { $ref: `#/components/schemas/${name}` } },
        });
    }
  }
});

test('API-2 each operation says the status of each of its codes, and describes these statuses alone', () => {
  for (const { operationId, responses, 'x-accord-codes': codes } of operations) {
    const name = `${operationId.replace(/^./, (first) => first.toUpperCase())}Problem`;
    const { code } = schemas[name]!['properties'] as { code: { enum: string[] } };
    expect(Object.keys(codes)).toEqual(code.enum);
    const said = new Set(Object.values(codes).flat().map(String));
    const described = Object.keys(responses).filter((status) => Number(status) >= 400);
    expect([operationId, ...[...said].sort()]).toEqual([operationId, ...described.sort()]);
  }
  const placing = operations.find(({ operationId }) => operationId === 'placeOrder')!['x-accord-codes'];
  expect(placing).toMatchObject({
    'order.mixed_currencies': 422,
    'order.instance_busy': 409,
    'order.compensation_by_operators': 403,
    'order.instance_unknown': 404,
  });
});

test('API-3 each request with a body shows an example', () => {
  const without = operations.filter(({ requestBody }) => {
    const json = (requestBody?.['content'] as Readonly<Record<string, Part>> | undefined)?.[
      'application/json'
    ];
    return json && json['example'] === undefined;
  });
  expect(without.map(({ operationId }) => operationId)).toEqual([]);
});

test('API-3 each answer shows an example that a system gave, and that fits its schema', () => {
  const routes = services()
    .map(withDeadLetterRoutes)
    .flatMap((service) => service.routes);
  const examples = JSON.parse(readFileSync(examplesFile, 'utf8')) as Readonly<Record<string, unknown>>;
  for (const [operationId, example] of Object.entries(examples)) {
    const { answer } = routes.find((route) => route.operationId === operationId)!;
    expect([operationId, (answer as ZodType).safeParse(example).error?.issues]).toEqual([
      operationId,
      undefined,
    ]);
  }
  const nameless = (name: string | undefined): name is string => name !== undefined;
  const shown = operations.map(({ responses }) => {
    const answers = Object.values(responses).flatMap(({ content }) => content?.['application/json'] ?? []);
    const [{ schema, example } = {}] = answers as { schema?: { $ref: string }; example?: unknown }[];
    return { name: schema?.$ref.split('/').at(-1), example };
  });
  const named = shown.flatMap(({ name, example }) => (example === undefined ? [] : name)).filter(nameless);
  const all = new Set(shown.map(({ name }) => name).filter(nameless));
  expect([...all].filter((name) => !named.includes(name))).toEqual([]);
});
