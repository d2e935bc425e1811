import { copiedRow } from '../../test/copied-row.ts';
import { csv } from './csv.ts';

const lineOf = async (...cells: string[]) => (await csv.add(null, copiedRow(cells))).bytes.toString();

test('ORD-18 a cell that a spreadsheet would take for a formula begins with an apostrophe', async () => {
  for (const sign of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
    expect(await lineOf(`${sign}1"`)).toBe(`"'${sign}1"""\r\n`);
});

test('ORD-18 what is harmless stays as it is; quotes, commas and line ends are quoted', async () => {
  expect(await lineOf('45.00', '1 个月', '', 'a=b', 'i-1 i-2')).toBe('45.00,1 个月,,a=b,i-1 i-2\r\n');
  expect(await lineOf('a,b', 'say "x"', 'two\nlines')).toBe('"a,b","say ""x""","two\nlines"\r\n');
});

test('ORD-18 the file begins with the mark by which Excel takes it for UTF-8, and its headings', async () => {
  expect((await csv.begin(['订单号', 'x'])).bytes.toString()).toBe('\ufeff订单号,x\r\n');
});

test('ORD-18 each cell of many rows is looked at by itself', async () => {
  const rows = [
    ['=1', 'a', '@b'],
    ['\n', '', 'c,'],
    ['', '-', '"'],
  ];
  const { bytes } = await csv.add(null, Buffer.concat(rows.map(copiedRow)));
  expect(bytes.toString()).toBe(`"'=1",a,"'@b"\r\n"'\n",,"c,"\r\n,"'-",""""\r\n`);
});
