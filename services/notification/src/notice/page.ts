import type { Locale } from '@accord/core';
import type { Profile } from '@accord/profile';
import type { VisibleData } from './told.ts';
import { pageWords } from './wording.ts';

export type Provider = Profile['provider'];

/** The provider as a reader of this language knows it (NTF-16). */
export const providerFor = (provider: Provider, locale: Locale) => provider[locale];

/** Of two that are named, the first is that which the message is about. */
const nouns = ['contract', 'refund', 'ticket', 'order'] as const;

/** A page of the console, and the words that lead there. */
export interface ConsolePage {
  readonly label: string;
  readonly url: string;
}

const homeOf = (provider: Provider, locale: Locale) =>
  providerFor(provider, locale).consoleUrl.replace(/\/+$/, '');

/** Address of the page where an account chooses how it is told (NTF-4). */
export const preferencesPage = (provider: Provider, locale: Locale): string =>
  `${homeOf(provider, locale)}/notifications/preferences`;

/** The page of the console where a message goes on: that of its contract, refund, ticket or order. */
export function pageFor(data: VisibleData, provider: Provider, locale: Locale): ConsolePage {
  const home = homeOf(provider, locale);
  for (const noun of nouns) {
    const field = `${noun}Id`;
    const id = (data[noun] as VisibleData | undefined)?.[field] ?? data[field];
    if (typeof id === 'string')
      return { label: pageWords[noun][locale], url: `${home}/${noun}s/${encodeURIComponent(id)}` };
  }
  return { label: pageWords.console[locale], url: home };
}
