import type { FilterImplOptions } from 'liquidjs';
import type { Locale } from '@accord/core';
import { clauseOf, fundWords, remarkOf } from '@accord/events/wording';
import { add, formatMoney, isZero, type Money } from '@accord/money';
import { words } from './wording.ts';

/** The person a text is for: money, dates and words come out as this person reads them (NTF-3). */
export interface Reader {
  readonly locale: Locale;
  /** IANA name; one that does not exist is read as UTC. */
  readonly timeZone: string;
}

type Of = { readonly context: { readonly globals: object } };
const readerOf = (filter: Of) => (filter.context.globals as { reader: Reader }).reader;

interface ToldRefusal {
  readonly orderId: string | null;
  readonly instanceId?: string | null;
  readonly code: string;
  readonly contractNumber?: string | null;
  readonly facts?: Readonly<Record<string, string>>;
}

const separator: { readonly [L in Locale]: string } = { 'zh-CN': '、', en: ', ' };
const none = '—';

const clocks = new Map<string, Intl.DateTimeFormat>();

/** To the minute, with the zone's name. */
function clockOf({ locale, timeZone }: Reader): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone}`;
  let clock = clocks.get(key);
  if (!clock) {
    clock = new Intl.DateTimeFormat(locale, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short',
      timeZone: zoneOr(timeZone),
    });
    if (clocks.size < 1000) clocks.set(key, clock);
  }
  return clock;
}

/** UTC where there is no such zone. */
export function zoneOr(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    // RangeError: a contact's zone is the platform's word, and a wrong one must not keep its messages back
    return 'UTC';
  }
}

/** How templates show values to their reader; an absent value is a dash. */
export const filters = {
  /** `{ amount, currency }` */
  money(this: Of, value: Money | null) {
    return value ? formatMoney(value, readerOf(this).locale) : none;
  },
  /** The amount, or null where there is none or it is zero: of nothing nothing is said (NTF-16). */
  worth: (value: Money | null) => (value && !isZero(value) ? value : null),
  /** The parts of a payment that are not zero, each with its name. */
  funds(this: Of, split: Readonly<Record<keyof typeof fundWords, Money>>) {
    const { locale } = readerOf(this);
    const parts = Object.entries(fundWords).flatMap(([fund, word]) => {
      const part = split[fund as keyof typeof fundWords];
      return isZero(part) ? [] : [`${word[locale]} ${formatMoney(part, locale)}`];
    });
    return parts.join(separator[locale]);
  },
  /** All that a refund gives back, money and vouchers; null where that is nothing (NTF-16). */
  returned(this: Of, split: Readonly<Record<keyof typeof fundWords, Money>>) {
    const { locale } = readerOf(this);
    const money = add(add(split.cash, split.giftCredit), split.storedCard);
    const vouchers = formatMoney(split.voucher, locale);
    const parts = [
      ...(isZero(money) ? [] : [formatMoney(money, locale)]),
      ...(isZero(split.voucher)
        ? []
        : [locale === 'en' ? `${vouchers} in vouchers` : `${fundWords.voucher[locale]} ${vouchers}`]),
    ];
    return parts.length > 0 ? parts.join(locale === 'en' ? ' and ' : ' 和') : null;
  },
  /** An instant of the event. */
  time(this: Of, value: string | null) {
    return value ? clockOf(readerOf(this)).format(new Date(value)) : none;
  },
  /** A name in each language. */
  name(this: Of, value: { 'zh-CN': string; en: string }) {
    return value[readerOf(this).locale];
  },
  list(this: Of, values: readonly string[]) {
    return values.length > 0 ? values.join(separator[readerOf(this).locale]) : none;
  },
  /** The first, and how many more there are. */
  briefly(this: Of, values: readonly string[]) {
    const [first = none, ...more] = values;
    if (more.length === 0) return first;
    return readerOf(this).locale === 'en'
      ? `${first} and ${more.length} more`
      : `${first} 等 ${values.length} 个`;
  },
  without: (values: readonly string[], value: string | null) => values.filter((one) => one !== value),
  /** An enum's value, in words; one of a newer service stands for itself. */
  word(this: Of, value: string) {
    return Object.hasOwn(words, value) ? words[value as keyof typeof words][readerOf(this).locale] : value;
  },
  /** Several of them. */
  words(this: Of, values: readonly string[]) {
    const { locale } = readerOf(this);
    const said = values.map((value) =>
      Object.hasOwn(words, value) ? words[value as keyof typeof words][locale] : value,
    );
    return said.join(separator[locale]);
  },
  /** A person's text, or the words for a reason of ours that stands in its place. */
  remark(this: Of, text: string) {
    return remarkOf(text, readerOf(this).locale);
  },
  /**
   * Each refusal of a contract or a refund: the order or instance, and why, with the number of the contract that
   * is in the way (CTR-3, RFD-3).
   */
  refusals(this: Of, refusals: readonly ToldRefusal[]) {
    const { locale } = readerOf(this);
    const said = refusals.map(({ orderId, instanceId, code, contractNumber, facts = {} }) => {
      const about = orderId ?? instanceId;
      const clause = clauseOf(code, facts, locale);
      const why = contractNumber ? `${clause} (${contractNumber})` : clause;
      return about ? `${about}${locale === 'en' ? ': ' : '：'}${why}` : why;
    });
    return said.join(locale === 'en' ? '; ' : '；');
  },
} satisfies { [name: string]: FilterImplOptions };
