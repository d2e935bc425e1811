import type { z } from 'zod';
import type { AccountFacts } from '@accord/events/account';
import type { MessageClass } from '../notice/notice.ts';

export type Contact = z.infer<typeof AccountFacts>['contacts'][number];

/** NTF-2: the contacts that asked for this class and have an e-mail address, each address once. */
export function emailRecipients(
  contacts: readonly Contact[],
  messageClass: MessageClass,
): readonly Contact[] {
  const byAddress = new Map<string, Contact>();
  for (const contact of contacts) {
    const address = contact.email?.trim().toLowerCase();
    if (address && contact.classes.includes(messageClass) && !byAddress.has(address))
      byAddress.set(address, contact);
  }
  return [...byAddress.values()];
}
