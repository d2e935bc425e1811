import { Refusal, type Locale } from '@accord/core';
import { clauseOf, wordOf } from '@accord/events/wording';
import { isDatabaseAway } from '@accord/postgres';
import { problemTexts, type ProblemTexts } from './problem-texts.ts';

/** A fault at one place of a request: `pointer` is a JSON pointer (RFC 6901) into that part. */
export interface Fault {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly detail: string | Readonly<Record<Locale, string>>;
}

/** A "no" of the edge itself, with its status. The domain says Refusal. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: Refusal['code'];
  readonly facts: Refusal['facts'];
  readonly faults: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: Refusal['code'],
    facts: Refusal['facts'] = {},
    more: { faults?: readonly Fault[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(code, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.facts = facts;
    this.faults = more.faults ?? [];
    this.headers = more.headers ?? {};
  }
}

export const statusOfKind: Readonly<Record<Refusal['kind'], number>> = {
  invalid: 422,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 412,
  unavailable: 503,
};

const retryAfter = { 'Retry-After': '1' };
/** The database gave up on a statement or on a transaction that met others five times. */
const isOverloaded = (error: unknown) =>
  /^(40001|40P01|55P03|57014|53\d\d\d)$/.test((error as { code?: string }).code ?? '');

/** Every error has an answer. An unexpected one is `server.error`: its cause is for the log alone. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refusal) {
    const status = statusOfKind[error.kind];
    const again = error.code === 'idempotency.in_progress' || status === 503;
    return new Problem(status, error.code, error.facts, {
      cause: error,
      ...(again && { headers: retryAfter }),
    });
  }
  if (error instanceof URIError) {
    return new Problem(
      400,
      'request.invalid',
      {},
      {
        faults: [{ in: 'path', pointer: '', detail: { en: 'Not decodable.', 'zh-CN': '无法解码。' } }],
        cause: error,
      },
    );
  }
  if (isDatabaseAway(error) || isOverloaded(error))
    return new Problem(503, 'server.unavailable', {}, { headers: retryAfter, cause: error });
  return new Problem(500, 'server.error', {}, { cause: error });
}

/** How a text is read: its language, the clock of its times, and the texts of the service. */
interface Reader {
  readonly locale: Locale;
  /** IANA name, the provider's. */
  readonly timeZone: string;
  readonly texts: ProblemTexts;
}

/** Stands for a fact that there is none of. */
const nothing = '—';
const separator: Readonly<Record<Locale, string>> = { en: ', ', 'zh-CN': '、' };
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const isMoney = (value: object): value is { amount: string; currency: string } =>
  'amount' in value && 'currency' in value;

/** A fact, for people: times on the provider's clock, values of enums and codes of refusals in words. */
function say(name: string, value: unknown, reader: Reader): string {
  const { locale } = reader;
  if (value === null || (Array.isArray(value) && value.length === 0)) return nothing;
  if (Array.isArray(value)) return value.map((one) => say(name, one, reader)).join(separator[locale]);
  if (typeof value === 'object' && value !== null)
    return isMoney(value) ? `${value.amount} ${value.currency}` : JSON.stringify(value);
  const text = String(value);
  if (instant.test(text)) return timeText(text, reader);
  if (name !== 'codes') return wordOf(name, text, locale) ?? text;
  return text
    .split(', ')
    .map((code) => clauseOf(code, {}, locale))
    .join(separator[locale]);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** `2026-01-10 19:00 (Asia/Shanghai)`; seconds only where they are not 0. */
function timeText(time: string, { locale, timeZone }: Reader): string {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(timeZone, clock);
  const local = clock.format(new Date(time)).replace(/(:\d\d):00$/, '$1');
  return locale === 'en' ? `${local} (${timeZone})` : `${local}（${timeZone}）`;
}

/** In a Chinese sentence, Chinese words have no spaces around them, as ids and figures do. */
const spaced = (text: string, { before, after, locale }: { before: string; after: string; locale: Locale }) =>
  locale === 'en'
    ? `${before}${text}${after}`
    : `${/^\p{sc=Han}/u.test(text) ? '' : before}${text}${/[\p{sc=Han}）]$/u.test(text) ? '' : after}`;

const capitalised = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Title and detail of a refusal in the reader's language (API-16). */
export function wordsOf(
  { code, facts }: Pick<Refusal, 'code' | 'facts'>,
  reader: Reader,
): { title: string; detail: string } {
  const texts = reader.texts[code] ?? problemTexts[code] ?? problemTexts['request.refused']!;
  const { title, detail } = texts[reader.locale];
  const filled = detail.replaceAll(/( ?)\{(\w+)\}( ?)/g, (_, before: string, name: string, after: string) =>
    spaced(name in facts ? say(name, facts[name], reader) : nothing, {
      before,
      after,
      locale: reader.locale,
    }),
  );
  return { title, detail: detail.startsWith('{') ? capitalised(filled) : filled };
}

/**
 * RFC 9457 (API-2). `facts` holds what the domain says about its no, such as the order and its status; a 5xx
 * has none.
 */
export function problemBody(problem: Problem, reader: Reader & { readonly requestId: string }): object {
  const { status, code, faults } = problem;
  const facts = status < 500 ? problem.facts : {};
  const errors = faults.map((fault) => ({
    ...fault,
    detail: typeof fault.detail === 'string' ? fault.detail : fault.detail[reader.locale],
  }));
  const { title, detail } = wordsOf({ code, facts }, reader);
  return {
    type: `urn:accord:problem:${code}`,
    title,
    status,
    detail,
    instance: reader.requestId,
    code,
    ...(errors.length > 0 && { errors }),
    ...(Object.keys(facts).length > 0 && { facts }),
  };
}
