// docs/api.md lists what counts as a compatible change; these are its rules.

type Json = null | boolean | number | string | readonly Json[] | Node;
type Node = { readonly [key: string]: Json };

/** An OpenAPI document as it is written. */
export type Document = Node;

const isNode = (value: Json | undefined): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const node = (value: Json | undefined): Node => (isNode(value) ? value : {});
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const said = (value: Json | undefined) => (value === undefined ? 'absent' : JSON.stringify(value));

/** A request that was taken must still be taken; an answer must be one that could have come before. */
type Direction = 'request' | 'answer';

interface Side {
  readonly document: Document;
  readonly part: Node;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * The changes between two documents that break a client made of the first. Each line names the place and the
 * change; empty: compatible.
 */
export function breakingChanges(before: Document, now: Document): string[] {
  const names = Object.keys(node(node(before['components'])['schemas']));
  const kept = node(node(now['components'])['schemas']);
  const renamed = names.filter((name) => !(name in kept)).map((name) => `the schema ${name} was removed`);
  const ofOperations = Object.entries(node(before['paths'])).flatMap(([path, item]) =>
    methods
      .filter((method) => method in node(item))
      .flatMap((method) => {
        const [was, is] = [before, now].map((document) => ({
          document,
          part: node(node(node(document['paths'])[path])[method]),
        })) as [Side, Side];
        const at = `${method.toUpperCase()} ${path}`;
        return Object.keys(is.part).length === 0 ? [`${at} was removed`] : ofOperation(was, is, at);
      }),
  );
  return [...new Set([...renamed, ...ofOperations])];
}

function ofOperation(was: Side, is: Side, at: string): string[] {
  const id = was.part['operationId'] === is.part['operationId'] ? [] : [`${at} is called otherwise`];
  const open = list(was.part['security']).length === 0 && list(is.part['security']).length > 0;
  return [
    ...id,
    ...(open ? [`${at} needs a token`] : []),
    ...ofParameters(was, is, at),
    ...ofBodies(was, is, at),
    ...ofAnswers(was, is, at),
  ];
}

const parametersOf = (side: Side) =>
  new Map(
    list(side.part['parameters']).map((one) => {
      const parameter = resolved({ ...side, part: node(one) });
      return [`${String(parameter['in'])} ${String(parameter['name'])}`, parameter];
    }),
  );

function ofParameters(was: Side, is: Side, at: string): string[] {
  const [had, has] = [parametersOf(was), parametersOf(is)];
  const added = [...has].filter(([name, { required }]) => required === true && !had.has(name));
  return [
    ...added.map(([name]) => `${at} ${name} is new and required`),
    ...[...had].flatMap(([name, before]) => {
      const now = has.get(name);
      if (!now) return [`${at} ${name} was removed`];
      const harder = now['required'] === true && before['required'] !== true;
      return [
        ...(harder ? [`${at} ${name} became required`] : []),
        ...ofSchemas(below(was, before['schema']), below(is, now['schema']), 'request', `${at} ${name}`),
      ];
    }),
  ];
}

const schemasOf = (side: Side): Map<string, Node> =>
  new Map(
    Object.entries(node(side.part['content'])).map(([type, media]) => [type, node(node(media)['schema'])]),
  );

function ofContents(was: Side, is: Side, direction: Direction, at: string): string[] {
  const has = schemasOf(is);
  return [...schemasOf(was)].flatMap(([type, schema]) => {
    const now = has.get(type);
    return now ? ofSchemas(below(was, schema), below(is, now), direction, at) : [`${at} ${type} was removed`];
  });
}

function ofBodies(was: Side, is: Side, at: string): string[] {
  const [had, has] = [was, is].map((side) => below(side, side.part['requestBody'])) as [Side, Side];
  const needs = has.part['required'] === true && had.part['required'] !== true;
  return [...(needs ? [`${at} body became required`] : []), ...ofContents(had, has, 'request', `${at} body`)];
}

/** A new success is a new answer to clients who know none of it; a new problem is told by its status. */
function ofAnswers(was: Side, is: Side, at: string): string[] {
  const [had, has] = [was, is].map((side) => node(side.part['responses'])) as [Node, Node];
  const successes = (responses: Node) => Object.keys(responses).filter((status) => status.startsWith('2'));
  const known = successes(had);
  const added = successes(has).filter((status) => !known.includes(status));
  return [
    ...added.map((status) => `${at} ${status} is a new success`),
    ...known.flatMap((status) => {
      if (!(status in has)) return [`${at} ${status} was removed`];
      const [before, now] = [below(was, had[status]), below(is, has[status])];
      const gone = Object.keys(node(before.part['headers'])).filter(
        (name) => !(name in node(now.part['headers'])),
      );
      return [
        ...gone.map((name) => `${at} ${status} header ${name} was removed`),
        ...ofContents(before, now, 'answer', `${at} ${status}`),
      ];
    }),
  ];
}

const below = (side: Side, part: Json | undefined): Side => ({ document: side.document, part: node(part) });

/** Follows `$ref`; what stands beside it stays. */
function resolved({ document, part }: Side): Node {
  const { $ref: ref, ...beside } = part;
  if (typeof ref !== 'string') return part;
  const target = ref
    .slice(2)
    .split('/')
    .reduce<Json | undefined>((at, name) => node(at)[name], document);
  return { ...resolved({ document, part: node(target) }), ...beside };
}

/** Both sides of a comparison, the one that must fit into the other first. */
function ofSchemas(was: Side, is: Side, direction: Direction, at: string): string[] {
  const [before, now] = [resolved(was), resolved(is)];
  const pair: [Side, Side] = [
    { ...was, part: before },
    { ...is, part: now },
  ];
  return [
    ...ofValues(before, now, direction, at),
    ...(direction === 'request' ? ofBounds(before, now, at) : []),
    ...ofProperties(...pair, direction, at),
    ...ofAlternatives(...pair, direction, at),
    ...(isNode(before['items'])
      ? ofSchemas(below(was, before['items']), below(is, now['items']), direction, `${at}/*`)
      : []),
  ];
}

const values = (schema: Node): readonly Json[] | undefined =>
  'const' in schema ? [schema['const']!] : 'enum' in schema ? list(schema['enum']) : undefined;
const types = (schema: Node): readonly Json[] | undefined =>
  typeof schema['type'] === 'string' ? [schema['type']] : schema['type'] ? list(schema['type']) : undefined;

/** A code that is not known is told by its status, so codes may come (docs/api.md). */
const isCode = (at: string) => at.endsWith('/code');

function ofValues(before: Node, now: Node, direction: Direction, at: string): string[] {
  const [narrow, wide] = direction === 'request' ? [before, now] : [now, before];
  const outside = (of: (schema: Node) => readonly Json[] | undefined) => {
    const [inner, outer] = [of(narrow), of(wide)];
    if (!outer) return [];
    return inner ? inner.filter((value) => !outer.includes(value)) : ['any'];
  };
  const word = direction === 'request' ? 'is no longer taken' : 'is new in the answer';
  const strange = isCode(at) && direction === 'answer' ? [] : outside(values);
  return [...outside(types), ...strange].map((value) => `${at} ${said(value)} ${word}`);
}

const upper = ['maximum', 'maxLength', 'maxItems', 'maxProperties'];
const lower = ['minimum', 'minLength', 'minItems', 'minProperties'];
const exact = ['pattern', 'format', 'uniqueItems', 'not', 'additionalProperties'];

/** Of a request: no bound is tighter than it was, and no rule is new or another. */
function ofBounds(before: Node, now: Node, at: string): string[] {
  const tighter = (keyword: string) => {
    const [was, is] = [before[keyword], now[keyword]];
    if (is === undefined || JSON.stringify(was) === JSON.stringify(is)) return false;
    if (keyword === 'additionalProperties' && was === false) return false;
    if (was === undefined || exact.includes(keyword)) return true;
    return upper.includes(keyword) ? Number(is) < Number(was) : Number(is) > Number(was);
  };
  return [...upper, ...lower, ...exact]
    .filter(tighter)
    .map((keyword) => `${at} ${keyword} was ${said(before[keyword])} and is ${said(now[keyword])}`);
}

function ofProperties(was: Side, is: Side, direction: Direction, at: string): string[] {
  const [had, has] = [node(was.part['properties']), node(is.part['properties'])];
  const [needed, needs] = [list(was.part['required']), list(is.part['required'])];
  const changed =
    direction === 'request'
      ? needs
          .filter((field) => !needed.includes(field))
          .map((field) => `${at}/${String(field)} became required`)
      : needed
          .filter((field) => String(field) in has && !needs.includes(field))
          .map((field) => `${at}/${String(field)} became optional`);
  return [
    ...changed,
    ...Object.keys(had).flatMap((field) =>
      field in has
        ? ofSchemas(below(was, had[field]), below(is, has[field]), direction, `${at}/${field}`)
        : [`${at}/${field} was removed`],
    ),
  ];
}

const alternatives = (schema: Node) => [...list(schema['anyOf']), ...list(schema['oneOf'])];

/** Each alternative of the narrower side fits into one of the wider. */
function ofAlternatives(was: Side, is: Side, direction: Direction, at: string): string[] {
  const [had, has] = [alternatives(was.part), alternatives(is.part)];
  if (had.length === 0 && has.length === 0) return [];
  const one = (side: Side, all: readonly Json[]) =>
    (all.length > 0 ? all : [side.part]).map((part) => below(side, part));
  const [before, now] = [one(was, had), one(is, has)];
  const fits = (a: Side, b: Side) => ofSchemas(a, b, direction, at).length === 0;
  const strange =
    direction === 'request'
      ? before.filter((a) => !now.some((b) => fits(a, b)))
      : now.filter((b) => !before.some((a) => fits(a, b)));
  if (strange.length === 0) return [];
  // Where one alternative stands against one, its own differences say more.
  if (before.length === now.length && strange.length === 1) {
    const i = (direction === 'request' ? before : now).indexOf(strange[0]!);
    return ofSchemas(before[i]!, now[i]!, direction, at);
  }
  return strange.map(
    ({ part }) =>
      `${at} ${said(part)} ${direction === 'request' ? 'is no longer taken' : 'is new in the answer'}`,
  );
}
