import { type AccountFacts, AccountTelling } from '@accord/events';
import { Refusal, type Tx } from '@accord/platform';
import { z } from 'zod';

export type Contact = z.infer<typeof AccountFacts>['contacts'][number];

/** The account's contacts; undefined while it is not known. */
export async function findContacts(tx: Tx, accountId: string): Promise<readonly Contact[] | undefined> {
  const row = await tx.one<{ contacts: Contact[] }>('select contacts from contacts where account_id = $1', [accountId]);
  return row?.contacts;
}

/** Of the platform's version; an older one changes nothing. @returns whether it was news. @throws Refusal `account.unfit` as the contract service does. */
export async function saveContacts(tx: Tx, account: z.infer<typeof AccountFacts>): Promise<boolean> {
  const { data: told, error } = AccountTelling.safeParse(account);
  if (error) throw new Refusal('invalid', 'account.unfit', { errors: z.prettifyError(error) });
  const saved = await tx.one(
    `insert into contacts (account_id, version, contacts) values ($1, $2, $3)
     on conflict (account_id) do update set version = excluded.version, contacts = excluded.contacts
       where contacts.version < excluded.version
     returning account_id`,
    [told.accountId, told.version, JSON.stringify(told.contacts)],
  );
  return saved !== undefined;
}
