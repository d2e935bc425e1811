import { z } from 'zod';
import { Refusal, type Tx } from '@accord/core';
import { AccountTelling, type AccountFacts } from '@accord/events/account';
import type { ProjectionWriter } from '@accord/messaging';

export type Contact = z.infer<typeof AccountFacts>['contacts'][number];

/** The account's contacts; undefined while it is not known. */
export async function findContacts(tx: Tx, accountId: string): Promise<readonly Contact[] | undefined> {
  const row = await tx.one<{ contacts: Contact[] }>('select contacts from contacts where account_id = $1', [
    accountId,
  ]);
  return row?.contacts;
}

/**
 * Of the platform's version; an older one changes nothing. @throws Refusal `account.unfit` as the contract
 * service does.
 */
export function saveContacts(writer: ProjectionWriter, account: z.infer<typeof AccountFacts>): void {
  const { data: told, error } = AccountTelling.safeParse(account);
  if (error) throw new Refusal('invalid', 'account.unfit', { errors: z.prettifyError(error) });
  writer.write(
    `insert into contacts (account_id, version, contacts) values ($1, $2, $3)
     on conflict (account_id) do update set version = excluded.version, contacts = excluded.contacts
       where contacts.version < excluded.version`,
    [told.accountId, told.version, JSON.stringify(told.contacts)],
  );
}
