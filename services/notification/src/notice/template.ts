import { readdirSync, readFileSync } from 'node:fs';
import { Liquid, type Template } from 'liquidjs';
import { z } from 'zod';
import type { Locale } from '@accord/core';
import { catalogue, eventTypes, type EventType } from '@accord/events';
import { filters, type Reader } from './filters.ts';
import { notices, type MessageClass, type Notice } from './notice.ts';
import { pageFor, providerFor, type Provider } from './page.ts';
import type { VisibleData } from './told.ts';

export interface Addressee extends Reader {
  readonly name: string;
  readonly accountId: string;
  readonly messageClass: MessageClass;
}

/** An e-mail as it goes out, but for its addresses. */
interface Letter {
  /** The provider's name: the mail is from it (NTF-16). */
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Templates {
  /** Title and text of the inbox. */
  readonly inbox: (type: EventType, data: VisibleData, reader: Reader) => { title: string; text: string };
  /**
   * The inbox's text, the e-mail's own part and the link to the page where it goes on, between greeting and
   * closing; as text and as HTML.
   */
  readonly email: (type: EventType, data: VisibleData, to: Addressee) => Letter;
}

const locales: readonly Locale[] = ['zh-CN', 'en'];
const letterFields = ['name', 'accountId', 'messageClass', 'provider', 'support'];

// Two engines read the same templates: in HTML whatever comes out of a value is escaped, a person's words as
// well as our own (NTF-3).
const engine = (outputEscape?: 'escape') => {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true, // an event that was kept before a field came has none
    ownPropertyOnly: true,
    ...(outputEscape && { outputEscape }),
  });
  for (const [name, filter] of Object.entries(filters)) liquid.registerFilter(name, filter);
  return liquid;
};
const plain = engine();
const escaped = engine('escape');

class Part {
  readonly plain: Template[];
  #source: string;
  #escaped: Template[] | undefined;

  constructor(source: string) {
    this.#source = source;
    this.plain = plain.parse(source);
  }

  /** Parsed when it is first needed: what is right in the one is right in the other. */
  get escaped(): Template[] {
    return (this.#escaped ??= escaped.parse(this.#source));
  }
}
const partsOf = (source: string): Part[] => source.split(/^---$/m).map((part) => new Part(part));

/** True where a value of `schema` can have `path`. */
function reaches(schema: z.ZodType, path: readonly (string | number)[]): boolean {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return reaches(schema.unwrap() as z.ZodType, path);
  const [field, ...rest] = path;
  if (field === undefined) return true;
  if (schema instanceof z.ZodArray) return field === 'size' && rest.length === 0;
  const inner =
    schema instanceof z.ZodObject
      ? (schema.shape as Record<string, z.ZodType | undefined>)[field]
      : undefined;
  return inner !== undefined && reaches(inner, rest);
}

/** A variable is one of the fields that the notice shows, or lies within one. */
function isVisible(type: EventType, path: readonly (string | number)[]): boolean {
  const shown = (notices[type].visible as readonly string[]).some((field) =>
    `${path.join('.')}.`.startsWith(`${field}.`),
  );
  return shown && reaches(catalogue[type].data, path);
}

/** @throws Error that names the file and what is wrong with it. */
function load(
  folder: URL,
  file: string,
  expect: { parts: number; knows: (path: readonly (string | number)[]) => boolean },
): Part[] {
  const wrong = (what: string, cause?: unknown) => new Error(`template ${file}: ${what}`, { cause });
  let source: string;
  let parts: Part[];
  try {
    source = readFileSync(new URL(file, folder), 'utf8');
    parts = partsOf(source);
  } catch (error) {
    throw wrong((error as Error).message, error);
  }
  if (/\|\s*raw\b/.test(source)) throw wrong('raw output is not allowed');
  if (parts.length !== expect.parts) throw wrong(`has ${parts.length} parts, needs ${expect.parts}`);
  const unknown = parts
    .flatMap((part) => plain.globalVariableSegmentsSync(part.plain))
    .find((path) => !expect.knows(path as string[]));
  if (unknown) throw wrong(`the variable ${unknown.join('.')} is not a visible field`);
  return parts;
}

const told = (type: EventType) => (notices[type] as Notice).tells !== 'nobody';
const partsFor = (type: EventType) => {
  const notice = notices[type] as Notice;
  return notice.tells === 'nobody' ? 0 : 1 + notice.channels.length;
};

function loadParts(folder: URL): ReadonlyMap<string, Part[]> {
  const stray = readdirSync(folder).find(
    (name) => name !== 'letter' && !eventTypes.some((type) => type === name && told(type)),
  );
  if (stray) throw new Error(`template ${stray}: nobody is told of it`);
  const loaded = new Map<string, Part[]>();
  for (const locale of locales) {
    const key = `letter/${locale}`;
    loaded.set(
      key,
      load(folder, `${key}.liquid`, { parts: 2, knows: (path) => letterFields.includes(path.join('.')) }),
    );
    for (const type of eventTypes.filter(told)) {
      const file = `${type}/${locale}`;
      loaded.set(
        file,
        load(folder, `${file}.liquid`, { parts: partsFor(type), knows: (path) => isVisible(type, path) }),
      );
    }
  }
  return loaded;
}

/**
 * Reads `<event>/<locale>.liquid` for every event that is told to somebody, and `letter/<locale>.liquid`.
 * Parts stand between lines of `---`: title, inbox, and e-mail where the notice has that channel; greeting
 * and closing of a letter.
 *
 * @throws Error where a locale is missing, a part is missing, a variable is no visible field, or a template
 * belongs to no notice.
 */
export function loadTemplates(folder: URL, provider: Provider): Templates {
  const loaded = loadParts(folder);
  const partsAt = (key: string): Part[] => {
    const parts = loaded.get(key);
    if (!parts) throw new Error(`template ${key}: nobody is told of it`);
    return parts;
  };

  return {
    inbox: (type, data, reader) => {
      const [title, inbox] = partsAt(`${type}/${reader.locale}`) as [Part, Part];
      return { title: line(asText(title, data, reader)), text: asText(inbox, data, reader) };
    },
    email: (type, data, to) => {
      const [title, ...body] = partsAt(`${type}/${to.locale}`) as [Part, ...Part[]];
      const [greeting, closing] = partsAt(`letter/${to.locale}`) as [Part, Part];
      const { name: from, support } = providerFor(provider, to.locale);
      const { name, accountId, messageClass } = to;
      const frame = { name, accountId, messageClass, provider: from, support };
      const next = pageFor(data, provider, to.locale);
      const written = (as: typeof asText, link: string) =>
        [as(greeting, frame, to), ...body.map((part) => as(part, data, to)), link, as(closing, frame, to)]
          .filter(Boolean)
          .join('\n\n');
      return {
        from,
        subject: line(asText(title, data, to)),
        text: written(asText, next.label + next.url),
        html: page(to.locale, written(asHtml, asLink(next))),
      };
    },
  };
}

const paragraphs = (rendered: string) =>
  rendered
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean);
const asText = (part: Part, data: VisibleData, reader: Reader) =>
  paragraphs(plain.renderSync(part.plain, data, { globals: { reader } }) as string).join('\n\n');
const asHtml = (part: Part, data: VisibleData, reader: Reader) =>
  paragraphs(escaped.renderSync(part.escaped, data, { globals: { reader } }) as string)
    .map((text) => `<p>${text}</p>`)
    .join('\n');

const link = escaped.parse('<p>{{ label }}<a href="{{ url }}">{{ url }}</a></p>');
const asLink = (to: { label: string; url: string }) => escaped.renderSync(link, to) as string;

/** A title is one line, whatever a person wrote into it. */
const line = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

const page = (locale: Locale, body: string) =>
  `<!doctype html>\n<html lang="${locale}">\n<head><meta charset="utf-8"></head>\n` +
  `<body style="font-family: sans-serif; line-height: 1.6; max-width: 40em">\n${body}\n</body>\n</html>\n`;
