import { z } from 'zod';

type Shape = {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  minItems?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  pattern?: string;
  anyOf?: Shape[];
  oneOf?: Shape[];
};

const texts = [
  'none_1',
  '1.00',
  '1',
  'CNY',
  'acc_1',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01',
  'https://example.com/',
  'a@example.com',
  '13800000000',
  'zh-CN',
  'A1',
];

function text({ pattern, minLength = 0 }: Shape): string | undefined {
  const fits = pattern === undefined ? () => true : (value: string) => new RegExp(pattern, 'u').test(value);
  return [...texts, 'x'.repeat(minLength)].find((value) => value.length >= minLength && fits(value));
}

function fill(shape: Shape): unknown {
  if ('const' in shape) return shape.const;
  if (shape.enum) return shape.enum[0];
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices?.[0]) return fill(choices[0]);
  switch (shape.type) {
    case 'string':
      return text(shape);
    case 'integer':
    case 'number':
      return Math.max(1, shape.minimum ?? 1, (shape.exclusiveMinimum ?? 0) + 1);
    case 'boolean':
      return true;
    case 'array':
      return Array.from({ length: shape.minItems ?? 0 }, () => fill(shape.items ?? {}));
    case 'object':
      return Object.fromEntries(
        (shape.required ?? []).map((name) => [name, fill(shape.properties?.[name] ?? {})]),
      );
    default:
      return undefined;
  }
}

const shapeOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Shape;

/** Some value that the schema takes; undefined where none was found. */
export function sampleOf(schema: z.ZodType): unknown {
  const sample = fill(shapeOf(schema));
  return schema.safeParse(sample).success ? sample : undefined;
}

const candidates: readonly unknown[] = [
  { notAField: true },
  [],
  1.5,
  -1,
  'x'.repeat(100_000),
  '',
  true,
  [null],
  null,
];

/** Values of other types and out of bounds, each refused by the schema. */
export const wrongFor = (schema: z.ZodType): unknown[] =>
  candidates.filter((value) => !schema.safeParse(value).success);

/** A body with one thing wrong, and the JSON pointer that must be named. */
interface Spoiled {
  readonly body: unknown;
  readonly pointer: string;
}

const ofTypes: readonly (readonly [type: string, value: unknown])[] = [
  ['number', 17.5],
  ['string', 'text'],
  ['boolean', true],
  ['array', [[]]],
  ['object', { notAField: true }],
];

const typesOf = (shape: Shape): readonly (string | undefined)[] => {
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices) return choices.flatMap(typesOf);
  const known = 'const' in shape ? [shape.const] : shape.enum;
  return known ? known.map((value) => typeof value) : [shape.type];
};

const wrongTypes = (shape: Shape): unknown[] =>
  ofTypes.filter(([type]) => !typesOf(shape).includes(type)).map(([, value]) => value);

/** Of several shapes the place of the choice is named, not the flaw within. */
function spoiled(shape: Shape): Spoiled[] {
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices) return choices.flatMap(spoiled).map(({ body }) => ({ body, pointer: '' }));
  if (shape.type === 'array')
    return spoiled(shape.items ?? {}).map(({ body, pointer }) => ({ body: [body], pointer: `/0${pointer}` }));
  if (shape.type !== 'object') return [];
  const whole = fill(shape) as object;
  const fields = Object.entries(shape.properties ?? {}).flatMap(([name, inner]) =>
    [...wrongTypes(inner).map((body) => ({ body, pointer: '' })), ...spoiled(inner)].map(
      ({ body, pointer }) => ({ body: { ...whole, [name]: body }, pointer: `/${name}${pointer}` }),
    ),
  );
  return [{ body: { ...whole, notAField: 1 }, pointer: '/notAField' }, ...fields];
}

/**
 * Bodies with an unknown field in one of the objects within, or a field of another type. Even where the schema
 * takes the unknown field the request must be refused, however deep it stands (API-1).
 */
export const spoiledBodies = (schema: z.ZodType): Spoiled[] => spoiled(shapeOf(schema));
