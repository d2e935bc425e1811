import { expectVersion, newId, Refusal, type Tx } from '@accord/core';
import { loadGlyphCheck } from '@accord/pdf';
import { findAccount } from './account/account-store.ts';
import { addressOf, type Account } from './account/account.ts';
import {
  addEntry,
  defaultOf,
  editEntry,
  entryOf,
  makeDefault,
  removeEntry,
  type AddressBook,
  type PostalAddress,
} from './account/address-book.ts';
import { findBook, lockBook, saveBook } from './account/address-store.ts';
import { lockContract, saveContract } from './contract/contract-store.ts';
import type { Contract } from './contract/contract.ts';
import { changeAddress } from './contract/draft.ts';

// An account's address book (CTR-11), and the address that its contracts print. A contract keeps what it printed: a
// later change of the book reaches none.

interface BookAsk {
  readonly accountId: string;
  /** The versions of the book that the caller saw, where it said so. */
  readonly ifMatch: readonly number[] | undefined;
}
type EntryAsk = BookAsk & { readonly addressId: string };

async function changeBook(
  tx: Tx,
  { accountId, ifMatch }: BookAsk,
  change: (book: AddressBook) => AddressBook,
): Promise<AddressBook> {
  const book = await lockBook(tx, accountId);
  expectVersion(ifMatch, book.version);
  return saveBook(tx, change(book));
}

/** CTR-14. @throws Refusal `address.unprintable` */
async function expectPrintable(address: PostalAddress): Promise<void> {
  const unprintable = (await loadGlyphCheck())(address);
  if (unprintable) throw new Refusal('invalid', 'address.unprintable', { ...unprintable });
}

/**
 * @throws Refusal `account.not_found`, `address.unprintable`, `address.book_full`, `request.version_mismatch`
 */
export async function addAddress(
  tx: Tx,
  { address, asDefault, ...ask }: BookAsk & { readonly address: PostalAddress; readonly asDefault: boolean },
): Promise<{ book: AddressBook; addressId: string }> {
  await expectPrintable(address);
  const addressId = newId('adr');
  const book = await changeBook(tx, ask, (was) => addEntry(was, { addressId, ...address }, { asDefault }));
  return { book, addressId };
}

/**
 * @throws Refusal `account.not_found`, `address.not_found`, `address.unprintable`, `request.version_mismatch`
 */
export async function editAddress(
  tx: Tx,
  { addressId, address, ...ask }: EntryAsk & { readonly address: PostalAddress },
): Promise<AddressBook> {
  await expectPrintable(address);
  return changeBook(tx, ask, (book) => editEntry(book, { addressId, ...address }));
}

/** @throws Refusal `account.not_found`, `address.not_found`, `request.version_mismatch` */
export const makeDefaultAddress = (tx: Tx, { addressId, ...ask }: EntryAsk): Promise<AddressBook> =>
  changeBook(tx, ask, (book) => makeDefault(book, addressId));

/** @throws Refusal `account.not_found`, `address.not_found`, `address.is_default`, `request.version_mismatch` */
export const removeAddress = (tx: Tx, { addressId, ...ask }: EntryAsk): Promise<AddressBook> =>
  changeBook(tx, ask, (book) => removeEntry(book, addressId));

/**
 * The account as Party A of a new contract: with the address that is asked for, else the default of its book, else
 * the one that the platform told (CTR-11). Undefined where the account is unknown.
 *
 * @throws Refusal `address.not_found`
 */
export async function findAddressedAccount(
  tx: Tx,
  { accountId, addressId }: { readonly accountId: string; readonly addressId?: string | undefined },
): Promise<Account | undefined> {
  const [account, book] = await Promise.all([findAccount(tx, accountId), findBook(tx, accountId)]);
  const entry = addressId === undefined ? defaultOf(book) : entryOf(book, addressId);
  if (!account || !entry) return account;
  const { addressId: _, ...address } = entry;
  return { ...account, address };
}

/**
 * CTR-11: a draft, and its document, with another address of the book, as that stands now.
 *
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.not_a_draft`, `address.not_found`,
 * `request.version_mismatch`
 */
export async function chooseAddress(
  tx: Tx,
  ask: {
    readonly contractId: string;
    readonly addressId: string;
    readonly ifMatch: readonly number[] | undefined;
  },
): Promise<Contract> {
  const contract = await lockContract(tx, ask.contractId);
  expectVersion(ask.ifMatch, contract.version);
  const entry = entryOf(await findBook(tx, contract.accountId), ask.addressId);
  return saveContract(tx, changeAddress(contract, addressOf(entry)));
}
