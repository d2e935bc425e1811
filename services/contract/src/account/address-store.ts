import type { Tx } from '@accord/core';
import { getAccount } from './account-store.ts';
import { emptyBook, type AddressBook } from './address-book.ts';

const columns = `account_id as "accountId", version, entries, default_id as "defaultId"`;

/** Empty where the account never wrote in it. */
export const findBook = async (tx: Tx, accountId: string): Promise<AddressBook> =>
  (await tx.one<AddressBook>(`select ${columns} from address_books where account_id = $1`, [accountId])) ??
  emptyBook(accountId);

/** @throws Refusal `account.not_found`, also where it is another customer's (API-5). */
export async function getBook(tx: Tx, accountId: string): Promise<AddressBook> {
  await getAccount(tx, accountId);
  return findBook(tx, accountId);
}

/** For update, empty where it is new. @throws Refusal as `getBook` does. */
export async function lockBook(tx: Tx, accountId: string): Promise<AddressBook> {
  await getAccount(tx, accountId);
  const { version, entries, defaultId } = emptyBook(accountId);
  tx.write(
    `insert into address_books (account_id, version, entries, default_id, updated_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [accountId, version, JSON.stringify(entries), defaultId, tx.now],
  );
  const book = await tx.one<AddressBook>(
    `select ${columns} from address_books where account_id = $1 for update`,
    [accountId],
  );
  return book!;
}

export function saveBook(tx: Tx, book: AddressBook): AddressBook {
  tx.write(
    `update address_books set version = $2, entries = $3, default_id = $4, updated_at = $5 where account_id = $1`,
    [book.accountId, book.version, JSON.stringify(book.entries), book.defaultId, tx.now],
  );
  return book;
}
