import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { neededFor } from '../auth.ts';
import { problemTexts } from '../problem-texts.ts';
import type { Api, Route } from '../route.ts';
import { fileTypes, formType } from '../upload.ts';
import { headers, headersOfSuccess, parameters, parametersOf } from './described-headers.ts';
import { codesOf, Problem, problemsOf } from './described-problems.ts';
import { forbidControls, forbidNul, makePortable, sayDefaults } from './portable-schema.ts';

export type OpenApi = ReturnType<typeof createDocument>;

const reasons: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted; the outcome follows',
};

const inCapitals = (operationId: string) => operationId.replace(/^./, (first) => first.toUpperCase());

/** With a name, so that clients have a type of it; the operation's where it has none of its own. */
const named = (schema: z.ZodType, name: string): z.ZodType =>
  z.globalRegistry.get(schema)?.id ? schema : schema.meta({ id: name });

const fileType = 'application/octet-stream';
const file = { type: 'string', format: 'binary' } as const;

const examples = new URL('../../answer-examples.json', import.meta.url);
/** By operation, an answer that a system gave; `npm run api:examples` writes them. */
const exampleOf: Readonly<Record<string, unknown>> = existsSync(examples)
  ? (JSON.parse(readFileSync(examples, 'utf8')) as Record<string, unknown>)
  : {};

function answersOf(route: Route, name: string): ZodOpenApiResponsesObject {
  const example = exampleOf[route.operationId];
  const content = route.answer
    ? {
        'application/json': {
          schema: named(route.answer as z.ZodType, `${name}Answer`),
          ...(example !== undefined && { example }),
        },
      }
    : Object.fromEntries([route.produces ?? fileType].flat().map((type) => [type, { schema: file }]));
  return Object.fromEntries(
    (route.success ?? [200]).map((status) => [
      String(status),
      { description: reasons[status] ?? 'Done', headers: headersOfSuccess(route), content },
    ]),
  );
}

const pathOf = (route: Route) =>
  (route.params as z.ZodObject | undefined) ??
  z.object(Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, z.string()])));

/**
 * The file as the body itself, or as the one file of a form. The form is first: a generator that makes one of
 * several bodies leaves out the name of a form, and takes the first body.
 */
const uploadBody = {
  required: true,
  content: {
    [formType]: {
      schema: z
        .object({ file: z.string().meta({ override: file }) })
        .catchall(z.string())
        .meta({ id: 'FileForm', description: 'Other fields of the form are dropped.' }),
    },
    ...Object.fromEntries(fileTypes.map((type) => [type, { schema: file }])),
  },
};

function bodyOf(route: Route, name: string): ZodOpenApiOperationObject['requestBody'] {
  if (route.upload) return uploadBody;
  if (!route.body) return undefined;
  const schema = named(route.body as z.ZodType, `${name}Request`);
  const example = route.example === undefined ? {} : { example: route.example as unknown };
  return { required: true, content: { 'application/json': { schema, ...example } } };
}

function descriptionOf(route: Route, texts: Api['problems']): string {
  const refusals = (route.refusals ?? []).map(
    (code) => `- \`${code}\`: ${(texts[code] ?? problemTexts[code])?.en.title ?? ''}`,
  );
  const access =
    route.access === 'anyone'
      ? 'Needs no token.'
      : `Needs \`${neededFor(route.access).replaceAll(' | ', '` or `')}\`.`;
  return [access, ...(refusals.length > 0 ? ['', 'Refusals:', ...refusals] : [])].join('\n');
}

function operationOf(route: Route, service: Pick<Api, 'problems'>): ZodOpenApiOperationObject {
  const name = inCapitals(route.operationId);
  const requestBody = bodyOf(route, name);
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: descriptionOf(route, service.problems),
    tags: [tagOf(route)],
    security: route.access === 'anyone' ? [] : [{ bearer: [] }],
    requestParams: {
      ...(route.path.includes('{') && { path: pathOf(route) }),
      ...(route.query && { query: route.query as z.ZodObject }),
    },
    parameters: parametersOf(route),
    ...(requestBody && { requestBody }),
    responses: { ...answersOf(route, name), ...problemsOf(route, name, service.problems) },
    'x-accord-codes': codesOf(route, service.problems),
  };
}

/** Routes that begin with one word stand together. */
const tagOf = ({ path }: Route): string => path.split('/')[2]!;

const frame = (title: string): Omit<ZodOpenApiObject, 'paths'> => ({
  openapi: '3.1.1',
  info: {
    title,
    version: '1.0.0',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: { Problem },
    headers,
    parameters,
  },
});

/**
 * OpenAPI 3.1 of one service or of several, from the schemas that validate (API-3). A name stands for one
 * schema, and an operation's id for one route, over all of them.
 */
export function openApi(title: string, services: readonly Api[]): OpenApi {
  const paths: ZodOpenApiPathsObject = {};
  for (const service of services)
    for (const route of service.routes)
      paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, service) };
  const tags = services.flatMap((service) =>
    Object.entries(service.tags ?? {}).map(([name, description]) => ({ name, description })),
  );
  const document = createDocument(
    { ...frame(title), tags, paths },
    { override: makePortable, allowEmptySchema: { transform: true, custom: true } },
  );
  finish(document);
  return document;
}

/** Of the whole document, where a schema's place is known. */
function finish(document: OpenApi): void {
  const closed = Object.values(document.components!.schemas!) as z.core.JSONSchema.BaseSchema[];
  for (const request of closed.filter(({ additionalProperties }) => additionalProperties === false)) {
    sayDefaults(request);
    forbidNul(request.properties);
  }
  const all = Object.values(document.paths!).flatMap((item) =>
    Object.values(
      item as Record<string, { parameters?: { schema?: z.core.JSONSchema.BaseSchema }[] }>,
    ).flatMap((operation) => operation.parameters ?? []),
  );
  all.forEach(({ schema }) => schema && forbidControls(schema));
}
