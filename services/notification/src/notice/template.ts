import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Locale } from '@accord/core';
import { catalogue, eventTypes, type EventType } from '@accord/events';
import { Part } from './engine.ts';
import type { Reader } from './filters.ts';
import { letterOf, type Letter } from './letter.ts';
import { notices, type Channel, type MessageClass, type Notice } from './notice.ts';
import { pageFor, preferencesPage, providerFor, type Provider } from './page.ts';
import type { VisibleData } from './told.ts';

export interface Addressee extends Reader {
  readonly name: string;
  readonly accountId: string;
}

/** An event, as it is told. */
export interface Message {
  readonly type: EventType;
  readonly data: VisibleData;
  readonly messageClass: MessageClass;
  readonly mandatory: boolean;
}

export const messageOf = ({
  event: { type, data },
  delivery: { messageClass, mandatory },
}: {
  readonly event: Pick<Message, 'type' | 'data'>;
  readonly delivery: Pick<Message, 'messageClass' | 'mandatory'>;
}): Message => ({ type, data, messageClass, mandatory });

export interface Templates {
  /** Title and text of the inbox. */
  readonly inbox: (type: EventType, data: VisibleData, reader: Reader) => { title: string; text: string };
  /**
   * The inbox's text, the e-mail's own part and the link to the page where it goes on, between greeting and
   * closing; as text and as HTML.
   */
  readonly email: (message: Message, to: Addressee) => Letter;
  /** Several messages in one e-mail, each under its title (NTF-4). */
  readonly digest: (messages: readonly Message[], to: Addressee) => Letter;
  /** In one line, from the provider by name. */
  readonly sms: (message: Pick<Message, 'type' | 'data'>, reader: Reader) => string;
}

const locales: readonly Locale[] = ['zh-CN', 'en'];
/** Templates that belong to no event: their number of texts, and the values that those may have. */
const frames: Readonly<Record<string, { parts: number; fields: readonly string[] }>> = {
  letter: {
    parts: 2,
    fields: ['name', 'accountId', 'messageClasses', 'isMandatory', 'provider', 'support', 'preferences'],
  },
  digest: { parts: 2, fields: ['count', 'provider'] },
};

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
    parts = source.split(/^---$/m).map((part) => new Part(part));
  } catch (error) {
    throw wrong((error as Error).message, error);
  }
  if (/\|\s*raw\b/.test(source)) throw wrong('raw output is not allowed');
  if (parts.length !== expect.parts) throw wrong(`has ${parts.length} parts, needs ${expect.parts}`);
  const unknown = parts.flatMap((part) => part.variables()).find((path) => !expect.knows(path));
  if (unknown) throw wrong(`the variable ${unknown.join('.')} is not a visible field`);
  return parts;
}

const told = (type: EventType) => (notices[type] as Notice).tells !== 'nobody';
const channelsOf = (type: EventType): readonly Channel[] => {
  const notice = notices[type] as Notice;
  return notice.tells === 'nobody' ? [] : notice.channels;
};

function loadParts(folder: URL): ReadonlyMap<string, Part[]> {
  const stray = readdirSync(folder).find(
    (name) => !(name in frames) && !eventTypes.some((type) => type === name && told(type)),
  );
  if (stray) throw new Error(`template ${stray}: nobody is told of it`);
  const loaded = new Map<string, Part[]>();
  for (const locale of locales) {
    for (const [frame, { parts, fields }] of Object.entries(frames)) {
      const knows = (path: readonly (string | number)[]) => fields.includes(path.join('.'));
      loaded.set(`${frame}/${locale}`, load(folder, `${frame}/${locale}.liquid`, { parts, knows }));
    }
    for (const type of eventTypes.filter(told)) {
      const file = `${type}/${locale}`;
      loaded.set(
        file,
        load(folder, `${file}.liquid`, {
          parts: 1 + channelsOf(type).length,
          knows: (path) => isVisible(type, path),
        }),
      );
    }
  }
  return loaded;
}

/**
 * Reads `<event>/<locale>.liquid` for every event that is told to somebody, `letter/<locale>.liquid` and
 * `digest/<locale>.liquid`. Parts stand between lines of `---`: title, inbox, and one for each other channel of the
 * notice, in their order there; greeting and closing of a letter; title and opening of a digest.
 *
 * @throws Error where a locale is missing, a part is missing, a variable is no visible field, or a template
 * belongs to no notice.
 */
export function loadTemplates(folder: URL, provider: Provider): Templates {
  const shelf: Shelf = { loaded: loadParts(folder), provider };
  return {
    inbox: (type, data, reader) => ({
      title: titleOf(shelf, { type, data }, reader),
      text: partFor(shelf, type, 'inbox', reader.locale)!.text(data, reader),
    }),
    email: (message, to) => {
      const { greeting, ...frame } = frameOf(shelf, [message], to);
      const subject = titleOf(shelf, message, to);
      const messages = [bodyOf(shelf, message, to)];
      return letterOf({ ...frame, subject, opening: [greeting], messages });
    },
    digest: (messages, to) => {
      const { greeting, ...frame } = frameOf(shelf, messages, to);
      const [title, opening] = partsAt(shelf, `digest/${to.locale}`) as [Part, Part];
      const values = { count: messages.length, provider: frame.from };
      return letterOf({
        ...frame,
        subject: title.line(values, to),
        opening: [greeting, opening.both(values, to)],
        messages: messages.map((one) => ({ title: titleOf(shelf, one, to), ...bodyOf(shelf, one, to) })),
      });
    },
    sms: ({ type, data }, reader) => {
      const { name } = providerFor(provider, reader.locale);
      const said = partFor(shelf, type, 'sms', reader.locale)!.line(data, reader);
      return reader.locale === 'en' ? `${name}: ${said}` : `【${name}】${said}`;
    },
  };
}

/** All that is needed to write a message. */
interface Shelf {
  readonly loaded: ReadonlyMap<string, Part[]>;
  readonly provider: Provider;
}

function partsAt({ loaded }: Shelf, key: string): Part[] {
  const parts = loaded.get(key);
  if (!parts) throw new Error(`template ${key}: nobody is told of it`);
  return parts;
}

/** Undefined where the notice does not have that channel. */
function partFor(shelf: Shelf, type: EventType, channel: Channel, locale: Locale): Part | undefined {
  const at = channelsOf(type).indexOf(channel);
  return at < 0 ? undefined : partsAt(shelf, `${type}/${locale}`)[1 + at];
}

const titleOf = (shelf: Shelf, { type, data }: Pick<Message, 'type' | 'data'>, reader: Reader) =>
  partsAt(shelf, `${type}/${reader.locale}`)[0]!.line(data, reader);

/** The inbox's text, the e-mail's own, and the page where it goes on. */
function bodyOf(shelf: Shelf, { type, data }: Message, to: Reader) {
  const said = (['inbox', 'email'] as const).flatMap(
    (channel) => partFor(shelf, type, channel, to.locale)?.both(data, to) ?? [],
  );
  const joined = (as: 'text' | 'html', by: string) =>
    said
      .map((one) => one[as])
      .filter(Boolean)
      .join(by);
  return {
    body: { text: joined('text', '\n\n'), html: joined('html', '\n') },
    next: pageFor(data, shelf.provider, to.locale),
  };
}

/** All that is around the messages of a letter. */
function frameOf(shelf: Shelf, messages: readonly Message[], to: Addressee) {
  const { locale, name, accountId } = to;
  const [greeting, closing] = partsAt(shelf, `letter/${locale}`) as [Part, Part];
  const { name: from, support } = providerFor(shelf.provider, locale);
  const values = {
    name,
    accountId,
    messageClasses: [...new Set(messages.map(({ messageClass }) => messageClass))],
    isMandatory: messages.every(({ mandatory }) => mandatory),
    provider: from,
    support,
    preferences: preferencesPage(shelf.provider, locale),
  };
  return { locale, from, greeting: greeting.both(values, to), closing: closing.both(values, to) };
}
