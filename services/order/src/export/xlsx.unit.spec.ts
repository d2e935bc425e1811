import { copiedRow } from '../../test/copied-row.ts';
import { entriesOf, sheetsOf } from '../../test/reading-xlsx.ts';
import { columns, type Cells } from './columns.ts';
import { xlsx, xlsxOf } from './xlsx.ts';

const cells = (change: Partial<Record<(typeof columns)[number]['name'], string>>): Cells =>
  columns.map(({ name }) => change[name] ?? '');
const headings = columns.map(({ name }) => name);

/** Between any two pieces the state goes through JSON, as it does between two processes. */
async function fileOf(format: typeof xlsx, pages: readonly (readonly Cells[])[]): Promise<Buffer> {
  let piece = await format.begin(headings);
  const all = [piece.bytes];
  for (const page of pages) {
    piece = await format.add(JSON.parse(JSON.stringify(piece.state)), Buffer.concat(page.map(copiedRow)));
    all.push(piece.bytes);
  }
  all.push(await format.end(JSON.parse(JSON.stringify(piece.state))));
  return Buffer.concat(all);
}

test('ORD-18 text is kept to the letter, and no cell is a formula', async () => {
  const texts = [
    '=1+1',
    ' =1',
    '\u3000\u200b＝1',
    '+1',
    '-1',
    '@x',
    '\t=1',
    '\r=1',
    'a <b> & "c"\r\n',
    '  blank ',
    '汉字 🙂',
    '',
  ];
  const [sheet] = sheetsOf(await fileOf(xlsx, [texts.map((productName) => cells({ productName }))]));
  expect(sheet![0]!.map(({ text }) => text)).toEqual(headings);
  expect(sheet!.slice(1).map((row) => row[2]!.text)).toEqual(texts);
  expect(sheet!.flat().filter(({ kind }) => kind !== 'text' && kind !== 'empty')).toEqual([]);
});

test('ORD-18 what XML cannot say is left out, and a text longer than a cell is cut', async () => {
  const page = [cells({ productName: 'a\u0000\u0008b\uffff' }), cells({ productName: 'x'.repeat(40_000) })];
  const [sheet] = sheetsOf(await fileOf(xlsx, [page]));
  expect(sheet![1]![2]!.text).toBe('ab');
  expect(sheet![2]![2]!.text).toBe(`${'x'.repeat(32_766)}…`);
});

test('ORD-18 an amount is a number as it is written, and a text where a spreadsheet could not keep it', async () => {
  const amounts = ['45.00', '0', '1234567890123.45', '12345678901234.56', '100000000000000.00', '1.2345', ''];
  const [sheet] = sheetsOf(await fileOf(xlsx, [amounts.map((payableAmount) => cells({ payableAmount }))]));
  expect(sheet!.slice(1).map((row) => row[14])).toEqual([
    { kind: 'number', text: '45.00' },
    { kind: 'number', text: '0' },
    { kind: 'number', text: '1234567890123.45' },
    { kind: 'text', text: '12345678901234.56' },
    { kind: 'text', text: '100000000000000.00' },
    { kind: 'text', text: '1.2345' },
    { kind: 'empty', text: '' },
  ]);
});

test('ORD-18 rows that fit no sheet go on in the next, under their headings; all sheets are named', async () => {
  const rows = Array.from({ length: 11 }, (_, index) => cells({ orderId: `ord_${index}` }));
  const file = await fileOf(xlsxOf({ rows: 4, bytes: 1e9 }), [rows.slice(0, 3), [], rows.slice(3)]);
  const sheets = sheetsOf(file);
  expect(sheets.map((sheet) => sheet.map((row) => row[0]!.text))).toEqual([
    ['orderId', 'ord_0', 'ord_1', 'ord_2', 'ord_3'],
    ['orderId', 'ord_4', 'ord_5', 'ord_6', 'ord_7'],
    ['orderId', 'ord_8', 'ord_9', 'ord_10'],
  ]);
  const entries = entriesOf(file);
  for (const name of ['xl/workbook.xml', 'xl/_rels/workbook.xml.rels', '[Content_Types].xml'])
    expect(
      entries
        .get(name)!
        .toString()
        .match(/sheet[123][."]/g)!.length,
    ).toBeGreaterThanOrEqual(3);
});

test('a sheet ends before its bytes are too many; a file without rows has its headings', async () => {
  const rows = [cells({ orderId: 'ord_0' }), cells({ orderId: 'ord_1' })];
  const file = await fileOf(
    xlsxOf({ rows: 100, bytes: 10 }),
    rows.map((row) => [row]),
  );
  expect(sheetsOf(file).map((sheet) => sheet.length)).toEqual([1, 2, 2]);
  expect(sheetsOf(await fileOf(xlsx, [[]]))).toHaveLength(1);
});
