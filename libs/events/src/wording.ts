import type { ContractRefusalCode } from './contract.ts';
import type { RefundRefusalCode } from './refund.ts';
import type { ReservationRefusalCode } from './reservation.ts';
import { contractWords } from './wording/contract.ts';
import { refundWords } from './wording/refund.ts';
import { reservationWords } from './wording/reservation.ts';
import { wordOf } from './wording/values.ts';
import type { Locale, RefusalWords, Text, Wording } from './wording/words.ts';

export {
  durationIn,
  durationUnitWords,
  fundWords,
  remarkOf,
  ticketKindWords,
  wordOf,
} from './wording/values.ts';
export type { RefusalWords } from './wording/words.ts';

/** Every reason not to hold an order, not to make a contract, not to refund (ORD-12, CTR-3, RFD-3). */
export type RefusalReasonCode = ReservationRefusalCode | ContractRefusalCode | RefundRefusalCode;

/** The one place that words them. */
export const refusalWords: RefusalWords<RefusalReasonCode> = {
  ...reservationWords,
  ...contractWords,
  ...refundWords,
};

const isWorded = (code: string): code is RefusalReasonCode => Object.hasOwn(refusalWords, code);
const capitalised = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
/** `Paid`: a value of an enum by itself, as in a table. One of a newer service stands as it is. */
export const labelOf = (fact: string, value: string, locale: Locale): string => {
  const word = wordOf(fact, value, locale);
  return word === undefined ? value : capitalised(word);
};

const fullStop = { en: '.', 'zh-CN': '。' } as const;

type ReasonFacts = Readonly<Record<string, unknown>>;

/** The words for the closest that the facts say. */
const wordingOf = (code: RefusalReasonCode, facts: ReasonFacts): Wording =>
  Object.entries(refusalWords[code].where ?? {}).find(([fact]) => facts[fact])?.[1] ?? refusalWords[code];

/** The title of a problem (RFC 9457): the clause, capitalised. */
const titleOf = (code: RefusalReasonCode, locale: Locale) => capitalised(refusalWords[code].clause[locale]);

/** With `{name}` where it names a fact. */
const patternOf = ({ sentence, clause }: Wording, locale: Locale) =>
  sentence?.[locale] ?? `${capitalised(clause[locale])}${fullStop[locale]}`;

/** Facts that are codes themselves. */
const factWords: Readonly<Record<string, Readonly<Record<string, Text>>>> = {
  frozenBy: {
    police: { en: 'police', 'zh-CN': '公安机关' },
    platform: { en: 'platform', 'zh-CN': '平台' },
  },
};
const said = (fact: string, value: unknown, locale: Locale) =>
  [value]
    .flat()
    .map((one) => factWords[fact]?.[String(one)]?.[locale] ?? String(one))
    .join(', ');
const fill = (pattern: string, facts: ReasonFacts, locale: Locale) =>
  pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => said(name, facts[name], locale));

/**
 * `the order is cancelled`, as close as the facts say. A code of a newer service, which has no words here yet,
 * stands for itself.
 */
export const clauseOf = (code: string, facts: ReasonFacts, locale: Locale): string =>
  isWorded(code) ? fill(wordingOf(code, facts).clause[locale], facts, locale) : code;

/**
 * `Order ord_1 is cancelled. Place a new one.`; several values of a fact are listed. Short, as a title, where
 * `facts` lacks one that it names.
 */
export function sentenceOf(code: RefusalReasonCode, facts: ReasonFacts, locale: Locale): string {
  const pattern = patternOf(wordingOf(code, facts), locale);
  const names = [...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return names.every((name) => facts[name]) ? fill(pattern, facts, locale) : titleOf(code, locale);
}

/** Title and detail of each code, for a service that answers with it as a problem (API-2). */
export const problemTextsOf = <C extends RefusalReasonCode>(codes: readonly C[]) =>
  Object.fromEntries(
    codes.map((code) => [code, { en: problem(code, 'en'), 'zh-CN': problem(code, 'zh-CN') }]),
  ) as {
    readonly [K in C]: { readonly [L in Locale]: ReturnType<typeof problem> };
  };

const problem = (code: RefusalReasonCode, locale: Locale) => ({
  title: titleOf(code, locale),
  detail: patternOf(refusalWords[code], locale),
});
