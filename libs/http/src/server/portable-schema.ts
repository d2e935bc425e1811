import type { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const controls = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
] as const;
const isControl = (code: number) => controls.some(([first, last]) => code >= first && code <= last);
const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;

/** One character of a class: escaped, or itself where no escape is common to all languages. */
function character(code: number): string {
  if (isControl(code)) return `\\x${code.toString(16).padStart(2, '0')}`;
  const text = String.fromCodePoint(code);
  return /[[\]\\^-]/.test(text) ? `\\${text}` : text;
}

const computed = new Map<string, string>();

/** The characters that a class means here, as ranges; no language writes half a surrogate pair. */
function rangesOf(ofClass: string): string {
  const before = computed.get(ofClass);
  if (before !== undefined) return before;
  const has = new RegExp(`^${ofClass}$`, 'u');
  const ranges: [number, number][] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (isSurrogate(code) || !has.test(String.fromCodePoint(code))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  const said = ranges.map(([from, to]) => character(from) + (to > from ? `-${character(to)}` : '')).join('');
  computed.set(ofClass, said);
  return said;
}

/**
 * A pattern as the regular expressions of other languages read it: RE2, Java, Python, .NET. Classes that differ
 * between them (`\d`, `\w`, `\s`, `\p{…}`) and characters by number are written out. It must not look around or back,
 * which RE2 does not.
 */
function portablePattern(pattern: string): string {
  const parts = /(\\p\{\w+\}|\\[dws])|\\u\{?([0-9a-fA-F]+)\}?|(\\.)|(\[\^?)|(\])/gu;
  let inClass = false;
  return pattern.replaceAll(
    parts,
    (all, ofClass?: string, code?: string, escaped?: string, opens?: string) => {
      if (ofClass) return inClass ? rangesOf(ofClass) : `[${rangesOf(ofClass)}]`;
      if (code) return character(Number.parseInt(code, 16));
      if (!escaped) inClass = opens !== undefined;
      return all;
    },
  );
}

/** A choice of texts is one text with one pattern: few languages have a type for the choice. */
function joinTexts(schema: JsonSchema): void {
  const texts = (schema.anyOf ?? []) as JsonSchema[];
  const patterns = texts.flatMap(({ type, pattern }) => (type === 'string' && pattern ? [pattern] : []));
  if (patterns.length < 2 || patterns.length < texts.length) return;
  delete schema.anyOf;
  Object.assign(schema, { type: 'string', pattern: patterns.map((one) => `(${one})`).join('|') });
}

const mostOfInt32 = 2_147_483_647;

/** Whole numbers as other languages size them. */
function sizeInteger(schema: JsonSchema): void {
  if (schema.exclusiveMinimum !== undefined) {
    schema.minimum = Number(schema.exclusiveMinimum) + 1;
    delete schema.exclusiveMinimum;
  }
  schema.format = (schema.maximum ?? Infinity) > mostOfInt32 ? 'int64' : 'int32';
}

/**
 * Says the defaults of a request's fields in words: several tools make a field with a default one that has to
 * come.
 */
export function sayDefaults(request: JsonSchema): void {
  for (const field of Object.values(request.properties ?? {}) as JsonSchema[]) {
    if (field.default === undefined) continue;
    const said =
      field.default === null ? undefined : `Where it is left out: ${JSON.stringify(field.default)}.`;
    delete field.default;
    if (said) field.description = [field.description, said].filter(Boolean).join(' ');
  }
}

/** The edge refuses U+0000 everywhere, and every control character in a path and a query (`checkPlain`). */
const storable = '^[^\\x00]*$';
const plain = '^[^\\x00-\\x1f\\x7f-\\x9f]*$';

const isFreeText = ({ type, pattern, format, enum: values, const: value }: JsonSchema) =>
  type === 'string' && pattern === undefined && format === undefined && !values && value === undefined;

/** Of a parameter of a path or a query. */
export function forbidControls(parameter: JsonSchema): void {
  if (isFreeText(parameter)) parameter.pattern = plain;
}

/** Of a request's body, at any depth. */
export function forbidNul(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  if (!Array.isArray(part) && isFreeText(part as JsonSchema)) (part as JsonSchema).pattern = storable;
  Object.values(part).forEach(forbidNul);
}

/**
 * zod's JSON Schema as clients of other languages want it. Requests are closed; answers are open, because a
 * client must expect new fields (API-3), and there a format says what its pattern spells out.
 */
export function makePortable({ jsonSchema, io }: { jsonSchema: JsonSchema; io: 'input' | 'output' }): void {
  if (io === 'output') {
    if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  }
  joinTexts(jsonSchema);
  if (jsonSchema.pattern !== undefined) jsonSchema.pattern = portablePattern(jsonSchema.pattern);
  if (jsonSchema.type === 'integer') sizeInteger(jsonSchema);
}
