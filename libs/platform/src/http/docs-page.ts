import type { OpenApi } from './openapi.ts';

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string) => text.replaceAll(/[&<>"']/g, (sign) => signs[sign]!);
const inline = (text: string) => escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
const schema = (value: unknown) => `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;

type Operation = {
  summary?: string;
  description?: string;
  parameters?: { in: string; name: string; required?: boolean; description?: string; schema?: { description?: string } }[];
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses?: Record<string, { description: string; content?: Record<string, { schema?: unknown }> }>;
};

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
        .map((one) => `<tr><td><code>${escape(one.name)}</code></td><td>${one.in}${one.required ? ', required' : ''}</td><td>${inline(one.description ?? one.schema?.description ?? '')}</td></tr>`)
        .join('')}</table>`;

function responses(answers: Operation['responses'] = {}): string {
  const rows = Object.entries(answers).map(([status, { description, content }]) => {
    const json = content?.['application/json']?.schema;
    return `<tr><td><b>${status}</b></td><td>${inline(description)}${json ? `<details><summary>schema</summary>${schema(json)}</details>` : ''}</td></tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

function section(method: string, path: string, operation: Operation): string {
  const body = Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema: of }]) => `<h4>Body, ${escape(type)}</h4>${schema(of)}`);
  return `<section><h2><span class="${method}">${method.toUpperCase()}</span> ${escape(path)}</h2><p><b>${inline(operation.summary ?? '')}</b></p>
    ${lines(operation.description ?? '')}${parameters(operation.parameters)}${body.join('')}<h4>Answers</h4>${responses(operation.responses)}</section>`;
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{margin-bottom:0}h2{font-size:1.1rem;border-top:1px solid #ddd;padding-top:1.2rem}h2 span{font-size:.8rem;padding:.15rem .5rem;border-radius:.3rem;background:#345;color:#fff}
h2 .get{background:#2a6}h2 .delete{background:#b33}table{border-collapse:collapse;width:100%}td{border-bottom:1px solid #eee;padding:.25rem .5rem;vertical-align:top}
pre{background:#f6f6f8;padding:.6rem;overflow:auto;font-size:13px}code{background:#f3f3f5;padding:0 .2rem}`;

/** The OpenAPI document as one page for people: no script, nothing from elsewhere. */
export function docsPage(api: OpenApi): string {
  const sections = Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => section(method, path, operation)),
  );
  const shared = Object.entries(api.components?.schemas ?? {}).map(([name, of]) => `<details><summary>${escape(name)}</summary>${schema(of)}</details>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(api.info.title)}</title><style>${style}</style></head>
    <body><h1>${escape(api.info.title)}</h1><p>The same as <a href="openapi.json">openapi.json</a>, for reading.</p>
    ${sections.join('\n')}<section><h2>Schemas</h2>${shared.join('')}</section></body></html>`;
}
