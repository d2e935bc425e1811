import { Refusal, type Locale } from '@accord/core';
import type { ContractRefusalReason } from '@accord/events/contract';
import { sentenceOf } from '@accord/events/wording';
import type { RefusalReason } from '../objections.ts';

/**
 * Why an order, or a whole application, is refused, in the reader's language (CTR-3, API-16): as its problem
 * says, short where not all is known that it names.
 */
export const textOf = (reason: ContractRefusalReason | RefusalReason, locale: Locale): string =>
  sentenceOf(reason.code, { ...reason, ...('unprintable' in reason && reason.unprintable) }, locale);

/**
 * The outcome of `applying`, whose refusal gets the text of each of its `refusals`. @throws Refusal as
 * `applying`, worded
 */
export async function worded<T>(applying: Promise<T>, locale: Locale): Promise<T> {
  try {
    return await applying;
  } catch (error) {
    if (!(error instanceof Refusal) || !Array.isArray(error.facts['refusals'])) throw error;
    const refusals = (error.facts['refusals'] as readonly RefusalReason[]).map((one) => ({
      ...one,
      text: textOf(one, locale),
    }));
    throw new Refusal(error.kind, error.code, { ...error.facts, refusals }, { cause: error });
  }
}
