import { committedOnly, upToItsEnd, type FetchedRecord } from './fetched-records.ts';

const [abort, commit] = [0, 1].map((type) => Buffer.from([0, 0, 0, type]));

/** `1` is a record of the transactional producer 1, `1-` and `1+` its markers, `.` a record of no transaction. */
function records(text: string, from = 0): FetchedRecord[] {
  return text.split(' ').map((sign, at) => ({
    offset: String(from + at),
    key: sign.endsWith('-') ? abort! : sign.endsWith('+') ? commit! : null,
    isControlRecord: /[-+]/.test(sign),
    batchContext: { producerId: sign === '.' ? '-1' : sign[0]!, inTransaction: sign !== '.' },
  }));
}

const read = (
  messages: FetchedRecord[],
  aborted: readonly (readonly [producerId: string, firstOffset: number])[],
) => {
  const partition = {
    highWatermark: '100',
    lastStableOffset: '90',
    abortedTransactions: aborted.map(([producerId, first]) => ({ producerId, firstOffset: String(first) })),
    messages,
  };
  committedOnly(partition);
  expect(partition).toMatchObject({ highWatermark: '90', abortedTransactions: [] });
  return messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
};

test.each([
  ['one that stands alone', records('1 . 1 1- 1 1+'), [['1', 0]], [1, 4]],
  [
    'two that overlap, as the broker lists them, by their ends',
    records('1 2 1 2 2- . 1 1-'),
    [
      ['2', 1],
      ['1', 0],
    ],
    [5],
  ],
  [
    'two that began before the first record',
    records('2 1 . 2 2- 1 1- 1', 7),
    [
      ['1', 2],
      ['2', 3],
    ],
    [9, 14],
  ],
  [
    'two of one producer',
    records('1 1- 1 1+ 1 1-'),
    [
      ['1', 0],
      ['1', 4],
    ],
    [2],
  ],
  ['beside one that is committed', records('1 2 1 2 1- 2+'), [['1', 0]], [1, 3]],
] as const)('of aborted transactions nothing is handed on: %s', (_, messages, aborted, left) => {
  expect(read([...messages], aborted)).toEqual(left);
});

test('a key of four zeros is a marker in control records alone', () => {
  const messages = records('1 . 1 1-').map((one) =>
    one.batchContext.inTransaction ? one : { ...one, key: abort! },
  );
  expect(read(messages, [['1', 0]])).toEqual([1]);
});

test('a batch ends where its header says, whatever compaction left of it', () => {
  const header = { firstOffset: '10', lastOffsetDelta: 3, producerId: '1', inTransaction: true };
  const ends = (left: FetchedRecord[]) =>
    upToItsEnd({ ...header, records: left }).records.map(({ offset, isControlRecord }) => [
      offset,
      isControlRecord,
    ]);
  expect(ends(records('1 1', 12))).toEqual([
    ['12', false],
    ['13', false],
  ]);
  expect(ends(records('1', 11))).toEqual([
    ['11', false],
    ['13', true],
  ]);
  expect(ends([])).toEqual([['13', true]]);
});
