import { z } from 'zod';
import { Refusal, type Tx } from '@accord/core';
import { AccountTelling, type AccountFacts } from '@accord/events/account';
import { keepNewest, type ProjectionWriter } from '@accord/messaging';
import type { Contact } from './recipient.ts';

/** The account's contacts; undefined while it is not known. */
export async function findContacts(tx: Tx, accountId: string): Promise<readonly Contact[] | undefined> {
  const row = await tx.one<{ contacts: Contact[] }>('select contacts from contacts where account_id = $1', [
    accountId,
  ]);
  return row?.contacts;
}

const keepContacts = keepNewest({ table: 'contacts', key: 'account_id', columns: ['contacts'] });

/**
 * Of the platform's version; an older one changes nothing. @throws Refusal `account.unfit` as the contract
 * service does.
 */
export function saveContacts(writer: ProjectionWriter, account: z.infer<typeof AccountFacts>): void {
  const { data: told, error } = AccountTelling.safeParse(account);
  if (error) throw new Refusal('invalid', 'account.unfit', { errors: z.prettifyError(error) });
  keepContacts(writer, [{ account_id: told.accountId, version: told.version, contacts: told.contacts }]);
}
