/**
 * `syntax`: no JSON. `depth`, `values`: more than the limit. `name`: an object has a name twice. `text`: a
 * string that Postgres cannot store, for it holds U+0000 or half a surrogate pair.
 */
export type JsonFault = 'syntax' | 'depth' | 'values' | 'name' | 'text';

export class JsonError extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

interface JsonLimits {
  /** Arrays and objects within each other; default 64. */
  readonly depth?: number;
  /** Of all kinds and at every depth; default 100 000. */
  readonly values?: number;
}

/**
 * The value of a JSON text from outside (RFC 8259), with names and strings as I-JSON wants them (RFC 7493). The
 * limits hold while it is read, before anything is built: a megabyte of opening brackets costs a look at the
 * first. A byte order mark at the beginning is passed over.
 *
 * @throws JsonError
 */
export function readJson(text: string, limits: JsonLimits = {}): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const names = checkTokens(json, limits);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new JsonError('syntax', (error as Error).message);
  }
  // Of a name that an object has twice, the parser keeps one.
  if (namesOf(value) !== names) throw new JsonError('name', 'an object has a name twice');
  return value;
}

/** Postgres stores neither U+0000 nor half a surrogate pair. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Looks at tokens, not at their order: a text that is no JSON passes, and is left to the parser.
 *
 * @returns how many names its objects have.
 */
function checkTokens(text: string, { depth = 64, values = 100_000 }: JsonLimits): number {
  /** Of each object or array around the innermost one that is open, whether it is an object. */
  const nesting: boolean[] = [];
  let [inObject, mayBeName] = [false, false];
  let [names, count] = [0, 1];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === quote) {
      if (mayBeName && inObject) names += 1;
      mayBeName = false;
      at = endOfString(text, at);
    } else if (char === comma) {
      mayBeName = true;
      count += 1;
    } else if (char === openObject || char === openArray) {
      if (nesting.push(inObject) > depth) throw new JsonError('depth', `nested more than ${depth} deep`);
      inObject = char === openObject;
      mayBeName = true;
      count += 1;
    } else if (char === closeObject || char === closeArray) {
      inObject = nesting.pop() ?? false;
      mayBeName = false;
    }
    if (count > values) throw new JsonError('values', `more than ${values} values`);
  }
  return names;
}

/**
 * Where the string that begins at `start` has its closing quote. Most are short: a look at each character is
 * faster than a search.
 */
function endOfString(text: string, start: number): number {
  let escaped = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === backslash) {
      escaped = true;
      at += 1;
    } else if (char === quote) {
      if (escaped) checkEscapes(text.slice(start, at + 1));
      return at;
    }
  }
  return text.length;
}

function checkEscapes(string: string): void {
  let value: string;
  try {
    value = JSON.parse(string) as string;
  } catch {
    return; // no JSON, as the parser will say
  }
  if (!isStorable(value)) throw new JsonError('text', 'U+0000 and halves of a surrogate pair are no text');
}

function namesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) for (const one of value) names += namesOf(one);
  else for (const name in value) names += 1 + namesOf((value as Record<string, unknown>)[name]);
  return names;
}
