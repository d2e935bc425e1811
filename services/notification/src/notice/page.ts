import type { Locale } from '@accord/core';
import type { Profile } from '@accord/profile';
import type { VisibleData } from './told.ts';
import { pageWords } from './wording.ts';

export type Provider = Profile['provider'];

/** The provider as a reader of this language knows it (NTF-16). */
export const providerFor = (provider: Provider, locale: Locale) => provider[locale];

/** Of two that are named, the first is that which the message is about. */
const nouns = ['contract', 'refund', 'ticket', 'order'] as const;

/** The page of the console where a message goes on: that of its contract, refund, ticket or order. */
export function pageFor(
  data: VisibleData,
  provider: Provider,
  locale: Locale,
): { readonly label: string; readonly url: string } {
  const home = providerFor(provider, locale).consoleUrl.replace(/\/+$/, '');
  for (const noun of nouns) {
    const field = `${noun}Id`;
    const id = (data[noun] as VisibleData | undefined)?.[field] ?? data[field];
    if (typeof id === 'string')
      return { label: pageWords[noun][locale], url: `${home}/${noun}s/${encodeURIComponent(id)}` };
  }
  return { label: pageWords.console[locale], url: home };
}
