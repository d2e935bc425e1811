import type { OpenApi } from './openapi.ts';

const signs: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string) => text.replaceAll(/[&<>"']/g, (sign) => signs[sign]!);
const inline = (text: string) => escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
/** A browser unfolds what a link leads into. */
const folded = (name: string, value: unknown, id?: string) => {
  const json = linked(escape(JSON.stringify(value, null, 2)));
  const anchor = id ? ` id="${escape(id)}"` : '';
  return `<details><summary>${escape(name)}</summary><pre${anchor}>${json}</pre></details>`;
};
const cells = (...contents: readonly string[]) => contents.map((content) => `<td>${content}</td>`).join('');
const row = (...contents: readonly string[]) => `<tr>${cells(...contents)}</tr>`;
const linked = (json: string) => json.replaceAll(/#\/components\/schemas\/(\w+)/g, '<a href="#$1">$&</a>');

type Shape = {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  oneOf?: Shape[];
  type?: string;
  format?: string;
  minimum?: number;
  items?: Shape;
  minItems?: number;
  properties?: Record<string, Shape>;
  required?: string[];
};

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: { readonly description?: string };
}

type Operation = {
  operationId: string;
  summary?: string;
  description?: string;
  security?: object[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Shape; example?: unknown }> };
  responses?: Record<string, { description: string; content?: Record<string, { schema?: unknown }> }>;
};

interface Described {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => `<p>${inline(line)}</p>`)
    .join('');

const parameters = (list: Operation['parameters'] = []) =>
  list.length === 0
    ? ''
    : `<table>${list
        .map((one) => {
          const place = one.in + (one.required ? ', required' : '');
          const description = inline(one.description ?? one.schema?.description ?? '');
          return row(`<code>${escape(one.name)}</code>`, place, description);
        })
        .join('')}</table>`;

function responses(answers: Operation['responses'] = {}): string {
  const rows = Object.entries(answers).map(([status, { description, content }]) => {
    const json = content?.['application/json']?.schema;
    return row(`<b>${status}</b>`, inline(description) + (json ? folded('schema', json) : ''));
  });
  return `<table>${rows.join('')}</table>`;
}

type Schemas = Readonly<Record<string, unknown>>;

/** The least value that fits a schema; `<name>` where any text of the name's kind will do. */
function least(shape: Shape, name: string, schemas: Schemas): unknown {
  const one =
    shape.anyOf?.[0] ?? shape.oneOf?.[0] ?? (shape.$ref && (schemas[shape.$ref.split('/').at(-1)!] as Shape));
  if (one) return least(one, name, schemas);
  if ('const' in shape || shape.enum) return shape.const ?? shape.enum![0];
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        (shape.required ?? []).map((field) => [
          field,
          least(shape.properties?.[field] ?? {}, field, schemas),
        ]),
      );
    case 'array':
      return Array.from({ length: shape.minItems ?? 0 }, () => least(shape.items ?? {}, name, schemas));
    case 'integer':
    case 'number':
      return Math.max(1, shape.minimum ?? 1);
    case 'boolean':
      return true;
    default:
      return shape.format === 'date-time' ? '2026-01-31T09:00:00Z' : `<${name}>`;
  }
}

/** For a shell: `$API` and `$TOKEN` as in the README, `<…>` to be filled in. */
function curl(
  method: string,
  path: string,
  { parameters: asked = [], requestBody, security = [] }: Operation,
  schemas: Schemas,
): string {
  const needed = asked.filter(({ required }) => required);
  const query = needed.filter((one) => one.in === 'query').map(({ name }) => `${name}=<${name}>`);
  const url =
    path.replaceAll('{', '<').replaceAll('}', '>') + (query.length > 0 ? `?${query.join('&')}` : '');
  const headers = needed.filter((one) => one.in === 'header').map(({ name }) => `${name}: <${name}>`);
  const [type, { schema = {}, example } = {}] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const json = type === 'application/json';
  return [
    `curl -sS${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} "$API${url}"`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...[...headers, ...(type ? [`Content-Type: ${type}`] : [])].map((header) => `-H '${header}'`),
    ...(type
      ? [json ? `-d '${JSON.stringify(example ?? least(schema, 'body', schemas))}'` : '--data-binary @<file>']
      : []),
  ].join(' \\\n  ');
}

function section({ method, path, operation }: Described, schemas: Schemas): string {
  const body = Object.entries(operation.requestBody?.content ?? {}).map(
    ([type, { schema: of }]) => `<h4>Body</h4>${folded(type, of)}`,
  );
  const badge = `<span class="${method}">${method.toUpperCase()}</span>`;
  return `<section id="${operation.operationId}"><h2>${badge} ${escape(path)}</h2>
    <p><b>${inline(operation.summary ?? '')}</b></p>
    ${lines(operation.description ?? '')}${parameters(operation.parameters)}${body.join('')}
    <h4>Example</h4><pre>${escape(curl(method, path, operation, schemas))}</pre>
    <h4>Answers</h4>${responses(operation.responses)}</section>`;
}

const entry = ({ method, path, operation }: Described) =>
  row(
    `<a href="#${operation.operationId}">${method.toUpperCase()} ${escape(path)}</a>`,
    inline(operation.summary ?? ''),
  );

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{margin-bottom:0}h2{font-size:1.1rem;border-top:1px solid #ddd;padding-top:1.2rem}
h2 span{font-size:.8rem;padding:.15rem .5rem;border-radius:.3rem;background:#345;color:#fff}
h2 .get{background:#2a6}h2 .delete{background:#b33}table{border-collapse:collapse;width:100%}
td{border-bottom:1px solid #eee;padding:.25rem .5rem;vertical-align:top}
pre{background:#f6f6f8;padding:.6rem;overflow:auto;font-size:13px}code{background:#f3f3f5;padding:0 .2rem}`;

/** Headers stand once in the document; here they stand with each operation. */
function withParameters(operation: Operation, { components }: OpenApi): Operation {
  const shared = (components?.parameters ?? {}) as Readonly<Record<string, Parameter>>;
  const parameters = operation.parameters?.map((one) =>
    '$ref' in one ? shared[String(one.$ref).split('/').at(-1)!]! : one,
  );
  return { ...operation, ...(parameters && { parameters }) };
}

/** The OpenAPI document as one page for people: no script, nothing from elsewhere. */
export function docsPage(api: OpenApi): string {
  const schemas = api.components?.schemas ?? {};
  const operations = Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      method,
      path,
      operation: withParameters(operation, api),
    })),
  );
  const shared = Object.entries(schemas).map(([name, of]) => folded(name, of, name));
  const title = escape(api.info.title);
  const entries = [
    ...operations.map(entry),
    row('<a href="#schemas">Schemas</a>', 'used by several of them'),
  ];
  return `<!doctype html>
    <html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head>
    <body><h1>${title}</h1><p>The same as <a href="openapi.json">openapi.json</a>, for reading. <code>$API</code> is the
    address of the system, <code>$TOKEN</code> a token, and what stands in
    <code>&lt;&gt;</code> is yours to fill in. Behind the local front door, <a href="/docs">/docs</a> has the pages of
    all services.</p>
    <nav><table>${entries.join('')}</table></nav>
    ${operations.map((one) => section(one, schemas)).join('\n')}
    <section id="schemas"><h2>Schemas</h2>${shared.join('')}</section></body></html>`;
}
