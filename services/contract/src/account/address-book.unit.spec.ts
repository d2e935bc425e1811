import {
  addEntry,
  defaultOf,
  editEntry,
  emptyBook,
  makeDefault,
  mostAddresses,
  removeEntry,
  type AddressBook,
} from './address-book.ts';

const entry = (addressId: string) => ({ addressId, recipient: '王小明', phone: '010-1', address: addressId });
const bookOf = (...ids: string[]): AddressBook =>
  ids.reduce((book, id) => addEntry(book, entry(id), { asDefault: false }), emptyBook('acc_1'));
const code = (of: () => unknown) => {
  try {
    return of();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('CTR-11 the first entry is the default, and another one where it is asked for', () => {
  expect(bookOf('a', 'b')).toEqual({
    accountId: 'acc_1',
    version: 2,
    entries: [entry('a'), entry('b')],
    defaultId: 'a',
  });
  expect(addEntry(bookOf('a'), entry('b'), { asDefault: true }).defaultId).toBe('b');
  expect(makeDefault(bookOf('a', 'b'), 'b')).toMatchObject({ version: 3, defaultId: 'b' });
  expect(defaultOf(emptyBook('acc_1'))).toBeUndefined();
});

test('CTR-11 an edited entry keeps its place, and whether it is the default', () => {
  const edited = editEntry(bookOf('a', 'b'), { ...entry('a'), phone: '010-2' });
  expect(edited).toMatchObject({ version: 3, entries: [{ phone: '010-2' }, entry('b')], defaultId: 'a' });
});

test('CTR-11 the default is removed last: while there are others it stays', () => {
  const two = bookOf('a', 'b');
  expect(code(() => removeEntry(two, 'a'))).toBe('address.is_default');
  expect(removeEntry(two, 'b')).toMatchObject({ version: 3, entries: [entry('a')], defaultId: 'a' });
  expect(removeEntry(bookOf('a'), 'a')).toMatchObject({ version: 2, entries: [], defaultId: null });
});

test('CTR-11 a book has so many entries at most, and knows no others', () => {
  const full = bookOf(...Array.from({ length: mostAddresses }, (_, i) => `adr_${i}`));
  expect(code(() => addEntry(full, entry('more'), { asDefault: false }))).toBe('address.book_full');
  for (const change of [
    () => removeEntry(full, 'adr_x'),
    () => makeDefault(full, 'adr_x'),
    () => editEntry(full, entry('adr_x')),
  ])
    expect(code(change)).toBe('address.not_found');
});
