import { amend, Refusal } from '@accord/core';

/** A contact and an address, as papers name them. */
export interface PostalAddress {
  readonly recipient: string;
  readonly phone: string;
  readonly address: string;
}

export interface AddressEntry extends PostalAddress {
  readonly addressId: string;
}

/** CTR-11: contracts print the default, or the entry that was chosen for them; what they printed stays theirs. */
export interface AddressBook {
  readonly accountId: string;
  /** Grows with every change; 0 is a book that nothing was ever written in. */
  readonly version: number;
  /** In the order they were added. */
  readonly entries: readonly AddressEntry[];
  /** Null where the book is empty. */
  readonly defaultId: string | null;
}

export const mostAddresses = 50;

export const emptyBook = (accountId: string): AddressBook => ({
  accountId,
  version: 0,
  entries: [],
  defaultId: null,
});

/** @throws Refusal `address.not_found` */
export function entryOf({ entries }: AddressBook, addressId: string): AddressEntry {
  const entry = entries.find((one) => one.addressId === addressId);
  if (!entry) throw new Refusal('not_found', 'address.not_found', { addressId });
  return entry;
}

export const defaultOf = (book: AddressBook): AddressEntry | undefined =>
  book.entries.find(({ addressId }) => addressId === book.defaultId);

/** The first entry is the default, whatever was asked. @throws Refusal `address.book_full` */
export function addEntry(
  book: AddressBook,
  entry: AddressEntry,
  { asDefault }: { readonly asDefault: boolean },
): AddressBook {
  if (book.entries.length >= mostAddresses)
    throw new Refusal('conflict', 'address.book_full', { most: mostAddresses });
  const defaultId = asDefault || book.defaultId === null ? entry.addressId : book.defaultId;
  return amend(book, { entries: [...book.entries, entry], defaultId });
}

/** @throws Refusal `address.not_found` */
export function editEntry(book: AddressBook, entry: AddressEntry): AddressBook {
  const was = entryOf(book, entry.addressId);
  const entries = book.entries.map((one) => (one === was ? entry : one));
  return amend(book, { entries });
}

/** @throws Refusal `address.not_found` */
export function makeDefault(book: AddressBook, addressId: string): AddressBook {
  return amend(book, { defaultId: entryOf(book, addressId).addressId });
}

/**
 * The default goes last: while there are others it stays until one of them is the default, so that no contract
 * goes to an address that nobody chose.
 *
 * @throws Refusal `address.not_found`, `address.is_default`
 */
export function removeEntry(book: AddressBook, addressId: string): AddressBook {
  const gone = entryOf(book, addressId);
  const entries = book.entries.filter((one) => one !== gone);
  if (addressId === book.defaultId && entries.length > 0)
    throw new Refusal('conflict', 'address.is_default', { addressId, remedy: 'make_another_default' });
  return amend(book, { entries, defaultId: entries.length > 0 ? book.defaultId : null });
}
