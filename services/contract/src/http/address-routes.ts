import { z } from 'zod';
import { AccountId, Id, ReasonLine } from '@accord/events/fields';
import { route, type Route } from '@accord/http';
import { entryOf, mostAddresses, type AddressBook, type AddressEntry } from '../account/address-book.ts';
import { getBook } from '../account/address-store.ts';
import { addAddress, editAddress, makeDefaultAddress, removeAddress } from '../addresses.ts';

const OfAccount = z.strictObject({ accountId: AccountId });
const ById = OfAccount.extend({ addressId: Id });
const reader = { customer: 'contracts:read', operator: true } as const;
const writer = { customer: 'contracts:write', operator: true } as const;

const Address = z.strictObject({
  recipient: ReasonLine(200),
  phone: ReasonLine(64),
  address: ReasonLine(400),
});
const example = { recipient: '王小明', phone: '010-12345678', address: '北京市海淀区样例路 1 号' };

const AddressAnswer = z
  .object({
    addressId: z.string(),
    recipient: z.string(),
    phone: z.string(),
    address: z.string(),
    isDefault: z.boolean(),
  })
  .meta({ id: 'Address' });

const AddressBookAnswer = z
  .object({ data: z.array(AddressAnswer).max(mostAddresses) })
  .meta({ id: 'AddressBook', description: 'All entries, oldest first.' });

const toAddressAnswer =
  ({ defaultId }: AddressBook) =>
  (entry: AddressEntry): z.input<typeof AddressAnswer> => ({
    ...entry,
    isDefault: entry.addressId === defaultId,
  });

const toBookResponse = (book: AddressBook) => ({
  body: { data: book.entries.map(toAddressAnswer(book)) },
  version: book.version,
});

/** One entry, at the version of its book. @throws Refusal `address.not_found` */
const answered = (book: AddressBook, addressId: string) => ({
  body: toAddressAnswer(book)(entryOf(book, addressId)),
  version: book.version,
});

const listAddresses = route({
  method: 'get',
  path: '/v1/accounts/{accountId}/addresses',
  operationId: 'listAddresses',
  summary: 'The address book of an account. Its ETag is the version that changes of its entries are held to.',
  access: reader,
  params: OfAccount,
  answer: AddressBookAnswer,
  refusals: ['account.not_found'],
  inTransaction: async (tx, { params }) => toBookResponse(await getBook(tx, params.accountId)),
});

const addAddressRoute = route({
  method: 'post',
  path: '/v1/accounts/{accountId}/addresses',
  operationId: 'addAddress',
  summary: 'Adds an entry to the address book; the first one is its default.',
  access: writer,
  params: OfAccount,
  body: Address.extend({ isDefault: z.boolean().default(false) }).meta({ id: 'AddressInput' }),
  example,
  answer: AddressAnswer,
  success: [201],
  refusals: ['account.not_found', 'address.book_full', 'address.unprintable', 'request.version_mismatch'],
  inTransaction: async (tx, { params, body: { isDefault, ...address }, ifMatch }) => {
    const { book, addressId } = await addAddress(tx, { ...params, address, asDefault: isDefault, ifMatch });
    const location = `/v1/accounts/${params.accountId}/addresses/${addressId}`;
    return { status: 201, ...answered(book, addressId), location };
  },
});

const getAddress = route({
  method: 'get',
  path: '/v1/accounts/{accountId}/addresses/{addressId}',
  operationId: 'getAddress',
  summary: 'One entry of the address book.',
  access: reader,
  params: ById,
  answer: AddressAnswer,
  refusals: ['account.not_found', 'address.not_found'],
  inTransaction: async (tx, { params: { accountId, addressId } }) =>
    answered(await getBook(tx, accountId), addressId),
});

const editAddressRoute = route({
  method: 'put',
  path: '/v1/accounts/{accountId}/addresses/{addressId}',
  operationId: 'editAddress',
  summary: 'Writes an entry anew. Contracts keep what they printed.',
  access: writer,
  params: ById,
  body: Address.meta({ id: 'AddressEdit' }),
  example,
  answer: AddressAnswer,
  refusals: ['account.not_found', 'address.not_found', 'address.unprintable', 'request.version_mismatch'],
  inTransaction: async (tx, { params, body, ifMatch }) =>
    answered(await editAddress(tx, { ...params, address: body, ifMatch }), params.addressId),
});

const makeAddressDefault = route({
  method: 'post',
  path: '/v1/accounts/{accountId}/addresses/{addressId}/default',
  operationId: 'makeAddressDefault',
  summary: 'Makes an entry the default of the address book.',
  access: writer,
  params: ById,
  answer: AddressAnswer,
  refusals: ['account.not_found', 'address.not_found', 'request.version_mismatch'],
  inTransaction: async (tx, { params, ifMatch }) =>
    answered(await makeDefaultAddress(tx, { ...params, ifMatch }), params.addressId),
});

const removeAddressRoute = route({
  method: 'delete',
  path: '/v1/accounts/{accountId}/addresses/{addressId}',
  operationId: 'removeAddress',
  summary: 'Removes an entry; the default goes last.',
  access: writer,
  params: ById,
  answer: AddressBookAnswer,
  refusals: ['account.not_found', 'address.not_found', 'address.is_default', 'request.version_mismatch'],
  inTransaction: async (tx, { params, ifMatch }) =>
    toBookResponse(await removeAddress(tx, { ...params, ifMatch })),
});

/** The address books of accounts (CTR-11). */
export const addressRoutes: readonly Route[] = [
  listAddresses,
  addAddressRoute,
  getAddress,
  editAddressRoute,
  makeAddressDefault,
  removeAddressRoute,
];
