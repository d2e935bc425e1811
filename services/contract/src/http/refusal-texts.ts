import { Refusal, type Locale } from '@accord/core';
import type { ContractRefusalReason } from '@accord/events/contract';
import { sentenceOf } from '@accord/events/wording';
import type { OfflineAddress, Profile } from '@accord/profile';
import type { ApplicationRefusalReason } from '../application-refusal.ts';

type BothAddresses = Profile['contracts']['offlineAddress'];

/** Of the two addresses for papers that of the reader's language. */
export const addressFor = (addresses: BothAddresses, locale: Locale): OfflineAddress => addresses[locale];

const addressLine = (addresses: BothAddresses, locale: Locale): string => {
  const { recipient, phone, address } = addressFor(addresses, locale);
  return locale === 'en'
    ? `${recipient}, ${address} (phone ${phone})`
    : `${address}（${recipient}收，电话 ${phone}）`;
};

/** CTR-3: to be done about the contract that has the order or the bill, by the remedy. */
const freeing: {
  readonly [R in ApplicationRefusalReason['remedy']]?: { readonly [L in Locale]: string };
} = {
  void_that_contract: {
    en: 'Void that contract, then apply again.',
    'zh-CN': '请先作废该合同，再重新申请。',
  },
  delete_that_contract: {
    en: 'Delete that draft, then apply again.',
    'zh-CN': '请先删除该合同草稿，再重新申请。',
  },
  submit_void_ticket: {
    en: 'Submit a ticket to have that contract voided, then apply again.',
    'zh-CN': '请先提交工单作废该合同，再重新申请。',
  },
  try_again_when_sealed: {
    en: 'That contract is being sealed; look at it again in a moment.',
    'zh-CN': '该合同正在签章，请稍后查看。',
  },
};

/** CTR-3, CTR-8: where the order gets no contract and the bill of its use would. */
const otherSources = {
  bill: {
    en: 'Its use is in monthly bills: apply over one of them instead, see GET /v1/contracts/eligible-bills.',
    'zh-CN': '其用量计入月账单，可改为按账单申请，请查看 GET /v1/contracts/eligible-bills。',
  },
} as const;

/**
 * Why an order, a bill, or a whole application is refused, in the reader's language (CTR-3, API-16): as its problem
 * says, short where not all is known that it names.
 */
export function textOf(reason: ContractRefusalReason | ApplicationRefusalReason, locale: Locale): string {
  const { unprintable, offlineAddress, remedy, otherSource } = {
    unprintable: null,
    offlineAddress: null,
    remedy: undefined,
    otherSource: null,
    ...reason,
  };
  const facts = {
    ...reason,
    ...unprintable,
    ...(offlineAddress && { offlineAddress: addressLine(offlineAddress, locale) }),
  };
  const said = sentenceOf(reason.code, facts, locale);
  const more = [remedy && freeing[remedy]?.[locale], otherSource && otherSources[otherSource][locale]];
  return more.reduce<string>((text, mending) => {
    if (!mending) return text;
    const stop = /[.。]$/.test(text) ? '' : locale === 'en' ? '.' : '。';
    return `${text}${stop}${locale === 'en' ? ' ' : ''}${mending}`;
  }, said);
}

/** A reason as its reader sees it: with its text, and the address in the reader's language. */
export const readable = (reason: ApplicationRefusalReason, locale: Locale) => ({
  ...reason,
  text: textOf(reason, locale),
  offlineAddress: reason.offlineAddress && addressFor(reason.offlineAddress, locale),
});

/** The facts of a refusal for its reader; `text` where one reason, or one code, says it all. */
function readableFacts({ code, facts }: Refusal, locale: Locale): Refusal['facts'] {
  const { refusals, offlineAddress } = facts as {
    refusals?: readonly ApplicationRefusalReason[];
    offlineAddress?: BothAddresses;
  };
  if (refusals) {
    const said = refusals.map((reason) => readable(reason, locale));
    return { ...facts, refusals: said, ...(said[0]?.code === code && { text: said[0].text }) };
  }
  if (!offlineAddress) return facts;
  const text = sentenceOf(
    code as ApplicationRefusalReason['code'],
    { offlineAddress: addressLine(offlineAddress, locale) },
    locale,
  );
  return { ...facts, offlineAddress: addressFor(offlineAddress, locale), text };
}

/** The outcome of `asking`, whose refusal is worded for its reader. @throws Refusal as `asking` */
export async function worded<T>(asking: Promise<T>, locale: Locale): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.kind, error.code, readableFacts(error, locale), { cause: error });
  }
}
